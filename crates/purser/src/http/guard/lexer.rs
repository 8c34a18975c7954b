//! A lexer for executable GraphQL documents, stricter than the parser that follows it.
//!
//! Whatever it accepts, the parser reads as the same tokens; whatever the two could read differently
//! (an unterminated string, a stray character) it refuses, so that no bracket can be hidden from the
//! counts in `shape`.

/// One token. Numbers and punctuation keep only what the counts need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Name(&'a str),
    Punctuator(u8),
    Spread,
    Number,
    /// The raw text between the quotes.
    Text(&'a str),
}

/// Reads tokens from left to right.
pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
    /// Where the last token began.
    start: usize,
}

/// The text is no GraphQL at the current position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed;

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0, start: 0 }
    }

    /// Line and column of the last token, from 1.
    pub(super) fn position(&self) -> (usize, usize) {
        let before = &self.text.as_bytes()[..self.start.min(self.text.len())];
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let column = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
        (line, column)
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_ignored(&mut self) {
        loop {
            match self.peek() {
                Some(b' ' | b',' | b'\t' | b'\n' | b'\r') => self.at += 1,
                Some(b'#') => self.skip_while(|byte| byte != b'\n' && byte != b'\r'),
                Some(0xef) if self.text[self.at..].starts_with('\u{feff}') => {
                    self.at += '\u{feff}'.len_utf8();
                }
                _ => return,
            }
        }
    }

    fn skip_while(&mut self, accept: impl Fn(u8) -> bool) {
        while self.peek().is_some_and(&accept) {
            self.at += 1;
        }
    }

    /// The next token, `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Token<'a>>, Malformed> {
        self.skip_ignored();
        self.start = self.at;
        let Some(byte) = self.peek() else { return Ok(None) };
        let token = match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'_' => {
                self.skip_while(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
                Token::Name(&self.text[self.start..self.at])
            }
            b'0'..=b'9' | b'-' => {
                self.at += 1;
                self.skip_while(|byte| matches!(byte, b'0'..=b'9' | b'e' | b'E' | b'+' | b'-' | b'.'));
                Token::Number
            }
            b'!' | b'$' | b'(' | b')' | b':' | b'=' | b'@' | b'[' | b']' | b'{' | b'}' => {
                self.at += 1;
                Token::Punctuator(byte)
            }
            b'.' if self.text[self.at..].starts_with("...") => {
                self.at += 3;
                Token::Spread
            }
            b'"' if self.text[self.at..].starts_with("\"\"\"") => self.block_text()?,
            b'"' => self.text()?,
            _ => return Err(Malformed),
        };
        Ok(Some(token))
    }

    fn text(&mut self) -> Result<Token<'a>, Malformed> {
        self.at += 1;
        let from = self.at;
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => self.at += 2,
                None | Some(b'\n' | b'\r') => return Err(Malformed),
                Some(_) => self.at += 1,
            }
        }
        // An escape skips one byte; if that was the first of a longer character the slice is refused.
        let raw = self.text.get(from..self.at).ok_or(Malformed)?;
        self.at += 1;
        Ok(Token::Text(raw))
    }

    fn block_text(&mut self) -> Result<Token<'a>, Malformed> {
        self.at += 3;
        let from = self.at;
        let bytes = self.text.as_bytes();
        loop {
            let rest = bytes.get(self.at..).ok_or(Malformed)?;
            if rest.starts_with(b"\"\"\"") {
                break;
            }
            self.at += match rest {
                [] => return Err(Malformed),
                [b'\\', b'"', b'"', b'"', ..] => 4,
                _ => 1,
            };
        }
        let raw = self.text.get(from..self.at).ok_or(Malformed)?;
        self.at += 3;
        Ok(Token::Text(raw))
    }
}
