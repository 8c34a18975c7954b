//! A server of HTTP/1.1 that can misbehave: cut an answer at any byte, or send it twice.

use std::collections::HashMap;
use std::io;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

/// Longer than any document of the wire.
const BODY_MAX: usize = 1024 * 1024;
const HEADERS_MAX: usize = 100;

/// What somebody asks.
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    /// By lower-case name.
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: Vec<u8>,
}

/// How an answer travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivery {
    Whole,
    Twice,
    /// Only so many bytes of it.
    Cut(usize),
}

/// What is answered.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    pub(crate) delivery: Delivery,
}

/// A connection, one request after the other.
pub(crate) struct Connection {
    reader: BufReader<OwnedReadHalf>,
    writer: OwnedWriteHalf,
}

impl Connection {
    pub(crate) fn new(stream: TcpStream) -> Self {
        // Small answers shall not wait for others; where that cannot be set, they do.
        drop(stream.set_nodelay(true));
        let (reader, writer) = stream.into_split();
        Self { reader: BufReader::new(reader), writer }
    }

    /// The next request; none at the end of the connection, however it came.
    pub(crate) async fn next(&mut self) -> Option<Request> {
        self.read().await.ok().flatten()
    }

    async fn read(&mut self) -> io::Result<Option<Request>> {
        let mut line = String::new();
        self.reader.read_line(&mut line).await?;
        let mut words = line.split_whitespace();
        let (Some(method), Some(path)) = (words.next(), words.next()) else { return Ok(None) };
        let (method, path) = (method.to_owned(), path.to_owned());
        let mut headers = HashMap::new();
        for _ in 0..HEADERS_MAX {
            let mut line = String::new();
            if self.reader.read_line(&mut line).await? == 0 {
                return Ok(None);
            }
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
        let length = headers.get("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
        if length > BODY_MAX {
            return Ok(None);
        }
        let mut body = vec![0; length];
        self.reader.read_exact(&mut body).await?;
        Ok(Some(Request { method, path, headers, body }))
    }

    /// Sends an answer as it travels; false if the connection is over.
    pub(crate) async fn send(&mut self, answer: &Answer) -> bool {
        let mut bytes = head(answer).into_bytes();
        bytes.extend_from_slice(&answer.body);
        let (bytes, goes_on) = match answer.delivery {
            Delivery::Whole => (bytes, true),
            Delivery::Twice => (bytes.repeat(2), true),
            Delivery::Cut(at) => {
                bytes.truncate(at);
                (bytes, false)
            }
        };
        self.writer.write_all(&bytes).await.is_ok() && goes_on
    }
}

fn head(answer: &Answer) -> String {
    let length = answer.body.len();
    format!(
        "HTTP/1.1 {} -\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n",
        answer.status
    )
}
