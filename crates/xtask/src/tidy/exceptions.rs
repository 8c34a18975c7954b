//! Findings that are known, meant and excused.
//!
//! The list may only shrink: an entry that excuses nothing fails, and a new entry needs a reason that
//! convinces a reviewer that the rule, and not the code, is at fault.

use super::Finding;

/// Excuses every finding of one check in one file.
pub(super) struct Exception {
    pub(super) check: &'static str,
    pub(super) path: &'static str,
    pub(super) reason: &'static str,
}

/// All that is excused.
pub(super) const EXCEPTIONS: &[Exception] = &[];

/// Removes what is excused, and adds a finding for each excuse that was not needed or gives no reason.
pub(super) fn apply(findings: Vec<Finding>, exceptions: &[Exception]) -> Vec<Finding> {
    let covers = |exception: &Exception, finding: &Finding| {
        exception.check == finding.check && exception.path == finding.path
    };
    let complaint = |exception: &Exception| {
        let what = if exception.reason.is_empty() {
            "gives no reason"
        } else if findings.iter().any(|finding| covers(exception, finding)) {
            return None;
        } else {
            "is no longer needed: delete it"
        };
        let message = format!("the exception for {} in {} {what}", exception.check, exception.path);
        Some(Finding {
            check: "exceptions",
            ..Finding::new("crates/xtask/src/tidy/exceptions.rs", 1, message)
        })
    };
    let complaints: Vec<Finding> = exceptions.iter().filter_map(complaint).collect();
    let is_excused = |finding: &Finding| exceptions.iter().any(|exception| covers(exception, finding));
    let mut kept: Vec<Finding> = findings.into_iter().filter(|finding| !is_excused(finding)).collect();
    kept.extend(complaints);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(check: &'static str, path: &str) -> Finding {
        Finding { check, ..Finding::new(path, 3, "too long") }
    }

    #[test]
    fn an_exception_covers_its_check_in_its_file_only() {
        let exceptions = [Exception { check: "file-length", path: "a.rs", reason: "a table" }];
        let findings =
            vec![finding("file-length", "a.rs"), finding("links", "a.rs"), finding("file-length", "b.rs")];

        let kept = apply(findings, &exceptions);

        assert_eq!(kept, [finding("links", "a.rs"), finding("file-length", "b.rs")]);
    }

    #[test]
    fn an_exception_that_is_no_longer_needed_is_a_finding() {
        let kept = apply(vec![], &[Exception { check: "file-length", path: "a.rs", reason: "a table" }]);

        assert_eq!(kept.len(), 1);
        assert!(kept[0].message.ends_with("is no longer needed: delete it"));
    }

    #[test]
    fn an_exception_without_reason_is_a_finding() {
        let kept = apply(
            vec![finding("file-length", "a.rs")],
            &[Exception { check: "file-length", path: "a.rs", reason: "" }],
        );

        assert_eq!(kept.len(), 1);
        assert!(kept[0].message.ends_with("gives no reason"));
    }
}
