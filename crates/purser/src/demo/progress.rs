//! What people see while the sample data is made.

use std::io::{IsTerminal, Write};
use std::sync::Mutex;

use indicatif::{ProgressBar, ProgressStyle};

/// Whoever wants to know how far long work is.
pub trait Progress: Send + Sync {
    /// A part of the work begins and has so many steps.
    fn begin(&self, part: &str, steps: usize);
    /// One step is done.
    fn step(&self);
    /// The part is done; `summary` says what there is now.
    fn end(&self, summary: &str);
}

/// Says nothing.
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _part: &str, _steps: usize) {}
    fn step(&self) {}
    fn end(&self, _summary: &str) {}
}

/// A moving bar if a person looks, plain lines otherwise; standard error both, since standard output may
/// be somebody's JSON.
#[must_use]
pub fn on_stderr() -> Box<dyn Progress> {
    if std::io::stderr().is_terminal() { Box::new(Bar::default()) } else { Box::new(Lines) }
}

#[derive(Default)]
struct Bar(Mutex<Option<ProgressBar>>);

impl Progress for Bar {
    fn begin(&self, part: &str, steps: usize) {
        let style = ProgressStyle::with_template("{msg:24} {bar:30} {pos:>5}/{len:<5} {elapsed}");
        let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::new(u64::try_from(steps).unwrap_or(u64::MAX)).with_style(style);
        bar.set_message(part.to_owned());
        if let Ok(mut shown) = self.0.lock() {
            *shown = Some(bar);
        }
    }

    fn step(&self) {
        if let Ok(shown) = self.0.lock()
            && let Some(bar) = shown.as_ref()
        {
            bar.inc(1);
        }
    }

    fn end(&self, summary: &str) {
        if let Ok(mut shown) = self.0.lock()
            && let Some(bar) = shown.take()
        {
            bar.finish_and_clear();
        }
        say(summary);
    }
}

struct Lines;

impl Progress for Lines {
    fn begin(&self, part: &str, _steps: usize) {
        say(&format!("{part} …"));
    }

    fn step(&self) {}

    fn end(&self, summary: &str) {
        say(summary);
    }
}

/// A line to people; a closed standard error is nobody's loss.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
