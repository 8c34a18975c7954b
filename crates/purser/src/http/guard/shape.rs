//! Counts what a GraphQL document consists of, from its tokens alone.

use std::collections::HashMap;

use super::lexer::{Lexer, Token};
use super::{Fault, Limits, card};

/// What was counted in a document that passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Shape {
    /// Lexical tokens.
    pub tokens: u32,
    /// Fields, spreads and inline fragments after every fragment is expanded, over all operations.
    pub expanded_selections: u64,
}

/// Counts a document and compares each count with its bound.
///
/// # Errors
/// The first [`Fault`] found.
pub fn check(document: &str, limits: &Limits) -> Result<Shape, Fault> {
    let mut scanner = Scanner::new(document, limits);
    scanner.run()?;
    let expanded_selections = expansion::check(&scanner.definitions, limits)?;
    Ok(Shape { tokens: scanner.counts.tokens, expanded_selections })
}

/// An operation or a fragment, as far as the counts need it.
#[derive(Default)]
struct Definition<'a> {
    /// `None` for operations.
    fragment: Option<&'a str>,
    /// Fields, spreads and inline fragments.
    selections: u64,
    root_fields: u64,
    /// Spread fragments, and whether the spread is at the root.
    spreads: Vec<(&'a str, bool)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Bracket {
    /// A selection set; fields in it are at this level, 1 at the root.
    Selection { level: u32 },
    /// Inside arguments, values and variable definitions; holds the closing byte.
    Value(u8),
}

#[derive(Default)]
struct Counts {
    tokens: u32,
    selections: u32,
    aliases: u32,
    directives: u32,
    directives_here: u32,
    operations: u32,
    fragments: u32,
    variables: u32,
}

struct Scanner<'a, 'l> {
    lexer: Lexer<'a>,
    peeked: Option<Option<Token<'a>>>,
    limits: &'l Limits,
    counts: Counts,
    open: Vec<Bracket>,
    current: Option<Definition<'a>>,
    /// The next selection set belongs to an inline fragment, so its fields stay on the same level.
    inline: bool,
    definitions: Vec<Definition<'a>>,
}

/// Adds one and compares.
fn count(counter: &mut u32, limit: u32, what: &'static str) -> Result<(), Fault> {
    *counter = counter.saturating_add(1);
    if *counter > limit { Err(Fault::TooMany { what, limit }) } else { Ok(()) }
}

impl<'a, 'l> Scanner<'a, 'l> {
    fn new(document: &'a str, limits: &'l Limits) -> Self {
        Self {
            lexer: Lexer::new(document),
            peeked: None,
            limits,
            counts: Counts::default(),
            open: Vec::new(),
            current: None,
            inline: false,
            definitions: Vec::new(),
        }
    }

    fn syntax(&self) -> Fault {
        let (line, column) = self.lexer.position();
        Fault::Syntax { line, column }
    }

    fn advance(&mut self) -> Result<Option<Token<'a>>, Fault> {
        let token = match self.peeked.take() {
            Some(token) => token,
            None => self.lexer.next().map_err(|_| self.syntax())?,
        };
        if token.is_some() {
            count(&mut self.counts.tokens, self.limits.tokens, "tokens")?;
        }
        Ok(token)
    }

    fn peek(&mut self) -> Result<Option<Token<'a>>, Fault> {
        if self.peeked.is_none() {
            self.peeked = Some(self.lexer.next().map_err(|_| self.syntax())?);
        }
        Ok(self.peeked.flatten())
    }

    fn name(&mut self) -> Result<&'a str, Fault> {
        match self.advance()? {
            Some(Token::Name(name)) => Ok(name),
            _ => Err(self.syntax()),
        }
    }

    fn run(&mut self) -> Result<(), Fault> {
        while let Some(token) = self.advance()? {
            if let Token::Text(raw) = token {
                refuse_escaped_card(raw)?;
            }
            match self.open.last().copied() {
                None => self.at_top(token)?,
                Some(Bracket::Selection { level }) => self.in_selection(token, level)?,
                Some(Bracket::Value(closing)) => self.in_value(token, closing)?,
            }
        }
        let complete = self.open.is_empty() && self.current.is_none() && !self.definitions.is_empty();
        if complete { Ok(()) } else { Err(self.syntax()) }
    }

    fn at_top(&mut self, token: Token<'a>) -> Result<(), Fault> {
        match (token, self.current.is_some()) {
            (Token::Name("fragment"), false) => {
                count(&mut self.counts.fragments, self.limits.fragments, "fragments")?;
                let fragment = Some(self.name()?);
                self.begin(Definition { fragment, ..Definition::default() });
            }
            (Token::Name(_), false) => self.begin_operation()?,
            (Token::Punctuator(b'{'), false) => {
                self.begin_operation()?;
                self.open_selection(1)?;
            }
            (Token::Name(_), true) => {}
            (Token::Punctuator(b'@'), true) => self.directive()?,
            (Token::Punctuator(b'('), true) => self.open(Bracket::Value(b')'))?,
            (Token::Punctuator(b'{'), true) => self.open_selection(1)?,
            _ => return Err(self.syntax()),
        }
        Ok(())
    }

    fn begin_operation(&mut self) -> Result<(), Fault> {
        count(&mut self.counts.operations, self.limits.operations, "operations")?;
        self.begin(Definition::default());
        Ok(())
    }

    fn begin(&mut self, definition: Definition<'a>) {
        self.current = Some(definition);
        self.counts.directives_here = 0;
        self.inline = false;
    }

    fn in_selection(&mut self, token: Token<'a>, level: u32) -> Result<(), Fault> {
        match token {
            Token::Name(_) => self.field(level),
            Token::Spread => self.spread(level),
            Token::Punctuator(b'@') => self.directive(),
            Token::Punctuator(b'(') => self.open(Bracket::Value(b')')),
            Token::Punctuator(b'{') => {
                let deeper = if self.inline { level } else { level.saturating_add(1) };
                self.open_selection(deeper)
            }
            Token::Punctuator(b'}') => {
                self.close();
                Ok(())
            }
            _ => Err(self.syntax()),
        }
    }

    fn field(&mut self, level: u32) -> Result<(), Fault> {
        if self.peek()? == Some(Token::Punctuator(b':')) {
            self.advance()?;
            self.name()?;
            count(&mut self.counts.aliases, self.limits.aliases, "aliases")?;
        }
        self.counts.directives_here = 0;
        self.inline = false;
        self.select(level == 1);
        Ok(())
    }

    fn select(&mut self, is_root_field: bool) {
        if let Some(definition) = &mut self.current {
            definition.selections = definition.selections.saturating_add(1);
            definition.root_fields = definition.root_fields.saturating_add(u64::from(is_root_field));
        }
    }

    /// A spread counts as a selection of its own, or a bomb of fragments whose innermost one does not
    /// exist would weigh nothing, and the validator would follow it all the same.
    fn spread(&mut self, level: u32) -> Result<(), Fault> {
        self.counts.directives_here = 0;
        self.select(false);
        match self.peek()? {
            Some(Token::Name("on")) => {
                self.advance()?;
                self.name()?;
                self.inline = true;
            }
            Some(Token::Name(name)) => {
                self.advance()?;
                self.inline = false;
                if let Some(definition) = &mut self.current {
                    definition.spreads.push((name, level == 1));
                }
            }
            _ => self.inline = true,
        }
        Ok(())
    }

    fn in_value(&mut self, token: Token<'a>, closing: u8) -> Result<(), Fault> {
        match token {
            Token::Punctuator(byte) if byte == closing => {
                self.open.pop();
                Ok(())
            }
            Token::Punctuator(b'(') => self.open(Bracket::Value(b')')),
            Token::Punctuator(b'[') => self.open(Bracket::Value(b']')),
            Token::Punctuator(b'{') => self.open(Bracket::Value(b'}')),
            Token::Punctuator(b')' | b']' | b'}') => Err(self.syntax()),
            Token::Punctuator(b'@') => self.directive(),
            // The only bracket open is the one after the operation's name: a variable is defined.
            Token::Punctuator(b'$') if self.open.len() == 1 => {
                self.counts.directives_here = 0;
                count(&mut self.counts.variables, self.limits.variables, "variables")
            }
            _ => Ok(()),
        }
    }

    fn directive(&mut self) -> Result<(), Fault> {
        self.name()?;
        count(&mut self.counts.directives, self.limits.directives, "directives")?;
        count(&mut self.counts.directives_here, self.limits.directives_per_field, "directives on one element")
    }

    fn open(&mut self, bracket: Bracket) -> Result<(), Fault> {
        self.open.push(bracket);
        let limit = self.limits.nesting;
        let deep = u32::try_from(self.open.len()).map_or(true, |open| open > limit);
        if deep { Err(Fault::TooMany { what: "nested brackets", limit }) } else { Ok(()) }
    }

    fn open_selection(&mut self, level: u32) -> Result<(), Fault> {
        count(&mut self.counts.selections, self.limits.selection_nesting, "nested selections")?;
        self.inline = false;
        self.open(Bracket::Selection { level })
    }

    fn close(&mut self) {
        self.open.pop();
        self.inline = false;
        self.counts.selections = self.counts.selections.saturating_sub(1);
        if self.open.is_empty() {
            self.definitions.extend(self.current.take());
        }
    }
}

/// A number written with `\u0034` escapes is invisible in the raw body, and read by the parser.
fn refuse_escaped_card(raw: &str) -> Result<(), Fault> {
    if !raw.contains('\\') {
        return Ok(());
    }
    let mut plain = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((before, after)) = rest.split_once("\\u") {
        plain.extend_from_slice(before.as_bytes());
        let digit = after.get(..4).and_then(|hex| u32::from_str_radix(hex, 16).ok()).and_then(char::from_u32);
        plain.extend(digit.map_or(*b"?", |digit| u8::try_from(digit).map_or(*b"?", |byte| [byte])));
        rest = after.get(4..).unwrap_or_default();
    }
    plain.extend_from_slice(rest.as_bytes());
    if card::is_present(&plain) { Err(Fault::CardNumber) } else { Ok(()) }
}

/// Counts selections with every fragment expanded, each fragment once.
mod expansion {
    use super::{Definition, Fault, HashMap, Limits};

    #[derive(Clone, Copy)]
    enum Memo {
        InProgress,
        Done { selections: u64, root_fields: u64 },
    }

    struct Expansion<'a, 'd> {
        fragments: HashMap<&'a str, &'d Definition<'a>>,
        memo: HashMap<&'a str, Memo>,
    }

    pub(super) fn check(definitions: &[Definition<'_>], limits: &Limits) -> Result<u64, Fault> {
        let fragments = definitions.iter().filter_map(|definition| Some((definition.fragment?, definition)));
        let mut expansion = Expansion { fragments: fragments.collect(), memo: HashMap::new() };
        let mut total = 0_u64;
        for definition in definitions {
            let (selections, root_fields) = expansion.expand(definition)?;
            if definition.fragment.is_some() {
                continue;
            }
            total = total.saturating_add(selections);
            if root_fields > u64::from(limits.root_fields) {
                return Err(Fault::TooMany { what: "root fields", limit: limits.root_fields });
            }
        }
        let limit = limits.expanded_selections;
        if total > u64::from(limit) {
            return Err(Fault::TooMany { what: "selections after fragments are expanded", limit });
        }
        Ok(total)
    }

    impl<'a> Expansion<'a, '_> {
        /// Recursion is as deep as there are fragments, which are bounded before.
        fn expand(&mut self, definition: &Definition<'a>) -> Result<(u64, u64), Fault> {
            let (mut selections, mut root_fields) = (definition.selections, definition.root_fields);
            for (name, at_root) in &definition.spreads {
                let (inner, inner_root) = self.fragment(name)?;
                selections = selections.saturating_add(inner);
                if *at_root {
                    root_fields = root_fields.saturating_add(inner_root);
                }
            }
            Ok((selections, root_fields))
        }

        fn fragment(&mut self, name: &'a str) -> Result<(u64, u64), Fault> {
            match self.memo.get(name) {
                Some(Memo::InProgress) => return Err(Fault::Cycle),
                Some(Memo::Done { selections, root_fields }) => return Ok((*selections, *root_fields)),
                None => {}
            }
            // An unknown fragment is the validator's business.
            let Some(definition) = self.fragments.get(name).copied() else { return Ok((0, 0)) };
            self.memo.insert(name, Memo::InProgress);
            let (selections, root_fields) = self.expand(definition)?;
            self.memo.insert(name, Memo::Done { selections, root_fields });
            Ok((selections, root_fields))
        }
    }
}
