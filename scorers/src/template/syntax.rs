//! From the source of a template to a tree that is safe to walk: the parser is minijinja's, what a
//! text has no use for is refused, and depth is bounded. Also finds the variables of a text.

use super::error::TemplateError;
use minijinja::machinery::{
    Span, Token, WhitespaceConfig,
    ast::{CallArg, Expr, Spanned, Stmt},
    parse as parse_source, tokenize,
};
use std::collections::BTreeSet;

/// Words and signs between two braces; the parser goes deeper with some of them.
const MAX_TOKENS: usize = 1_000;

/// `elif`s of one text: the parser goes deeper with each.
const MAX_ELIFS: usize = 100;

/// Characters of one line: minijinja 2.24 counts them in 16 bits, and its reader panics beyond.
const MAX_LINE: usize = 65_000;

/// Expressions and blocks inside each other.
const MAX_DEPTH: usize = 100;

/// A template that can be evaluated.
pub(super) struct Parsed<'s> {
    /// The whole of it.
    pub(super) root: Stmt<'s>,
    /// The variables that it takes from outside, as dotted names.
    pub(super) names: BTreeSet<String>,
}

/// Reads a template.
///
/// # Errors
/// When it is malformed, or uses what texts cannot use.
pub(super) fn parse(source: &str) -> Result<Parsed<'_>, TemplateError> {
    bound_lines(source)?;
    bound_tokens(source)?;
    let root = parse_source(source, "text", Default::default(), whitespace())
        .map_err(|error| TemplateError::of_parser(source, &error))?;
    let mut check = Check { source, names: BTreeSet::new(), assigned: vec![BTreeSet::new()] };
    check.statement(&root, 0)?;
    let names = check.names;
    Ok(Parsed { root, names })
}

fn whitespace() -> WhitespaceConfig {
    WhitespaceConfig { keep_trailing_newline: true, ..WhitespaceConfig::default() }
}

fn bound_lines(source: &str) -> Result<(), TemplateError> {
    let mut start = 0;
    for line in source.split_inclusive('\n') {
        if let Some((at, _)) = line.char_indices().nth(MAX_LINE).filter(|_| line.len() > MAX_LINE) {
            let message = format!("a line of a template has at most {MAX_LINE} characters");
            return Err(TemplateError {
                range: Some(start + at..start + line.len()),
                ..TemplateError::of(message)
            });
        }
        start += line.len();
    }
    Ok(())
}

/// Refuses what the parser could only read with a very deep stack.
fn bound_tokens(source: &str) -> Result<(), TemplateError> {
    let (mut tokens, mut elifs) = (0, 0);
    for token in tokenize(source, false, Default::default(), whitespace()) {
        // Whatever is wrong here, the parser says it better.
        let Ok((token, span)) = token else { break };
        match token {
            Token::VariableStart | Token::BlockStart => tokens = 0,
            Token::Ident("elif") => elifs += 1,
            _ => {}
        }
        tokens += 1;
        if tokens > MAX_TOKENS || elifs > MAX_ELIFS {
            return Err(TemplateError::at(source, span, "the template is too long to be read from here on"));
        }
    }
    Ok(())
}

struct Check<'s> {
    source: &'s str,
    names: BTreeSet<String>,
    /// Names that the template itself gives a value, block by block.
    assigned: Vec<BTreeSet<&'s str>>,
}

impl<'s> Check<'s> {
    fn refuse<T>(&self, span: Span, message: impl Into<String>) -> Result<T, TemplateError> {
        Err(TemplateError::at(self.source, span, message))
    }

    fn deeper(&self, depth: usize, span: Span) -> Result<usize, TemplateError> {
        if depth < MAX_DEPTH {
            return Ok(depth + 1);
        }
        self.refuse(span, format!("more than {MAX_DEPTH} things inside each other"))
    }

    fn block(&mut self, statements: &[Stmt<'s>], depth: usize) -> Result<(), TemplateError> {
        statements.iter().try_for_each(|statement| self.statement(statement, depth))
    }

    /// A block whose names end with it.
    fn scope(&mut self, statements: &[Stmt<'s>], depth: usize) -> Result<(), TemplateError> {
        self.assigned.push(BTreeSet::new());
        self.block(statements, depth)?;
        self.assigned.pop();
        Ok(())
    }

    fn statement(&mut self, statement: &Stmt<'s>, depth: usize) -> Result<(), TemplateError> {
        match statement {
            Stmt::Template(one) => self.block(&one.children, depth),
            Stmt::EmitRaw(_) => Ok(()),
            Stmt::EmitExpr(one) => self.expression(&one.expr, depth),
            Stmt::ForLoop(one) => {
                let depth = self.deeper(depth, one.span())?;
                if one.recursive {
                    return self.refuse(one.span(), "a loop in a text cannot be recursive");
                }
                self.expression(&one.iter, depth)?;
                self.assigned.push(BTreeSet::from(["loop"]));
                self.assign(&one.target)?;
                if let Some(filter) = &one.filter_expr {
                    self.expression(filter, depth)?;
                }
                self.block(&one.body, depth)?;
                self.assigned.pop();
                self.scope(&one.else_body, depth)
            }
            Stmt::IfCond(one) => {
                let depth = self.deeper(depth, one.span())?;
                self.expression(&one.expr, depth)?;
                self.block(&one.true_body, depth)?;
                self.block(&one.false_body, depth)
            }
            Stmt::WithBlock(one) => {
                let depth = self.deeper(depth, one.span())?;
                self.assigned.push(BTreeSet::new());
                for (target, value) in &one.assignments {
                    self.expression(value, depth)?;
                    self.assign(target)?;
                }
                self.block(&one.body, depth)?;
                self.assigned.pop();
                Ok(())
            }
            Stmt::Set(one) => {
                self.expression(&one.expr, depth)?;
                self.assign(&one.target)
            }
            other => {
                let (name, span) = unused(other);
                let message = format!("`{name}` cannot be used in a text; `if`, `for`, `set` and `with` can");
                self.refuse(span, message)
            }
        }
    }

    fn assign(&mut self, target: &Expr<'s>) -> Result<(), TemplateError> {
        match target {
            Expr::Var(one) => {
                if let Some(names) = self.assigned.last_mut() {
                    names.insert(one.id);
                }
                Ok(())
            }
            Expr::List(list) => list.items.iter().try_for_each(|item| self.assign(item)),
            other => self.refuse(other.span(), "only a name can be given a value"),
        }
    }

    fn expressions<'e>(
        &mut self,
        expressions: impl IntoIterator<Item = &'e Expr<'s>>,
        depth: usize,
    ) -> Result<(), TemplateError>
    where
        's: 'e,
    {
        expressions.into_iter().try_for_each(|one| self.expression(one, depth))
    }

    fn arguments(&mut self, arguments: &[CallArg<'s>], depth: usize) -> Result<(), TemplateError> {
        arguments.iter().try_for_each(|argument| match argument {
            CallArg::Pos(value) | CallArg::Kwarg(_, value) => self.expression(value, depth),
            CallArg::PosSplat(value) | CallArg::KwargSplat(value) => {
                self.refuse(value.span(), "`*` and `**` cannot unpack a list or a map here")
            }
        })
    }

    fn expression(&mut self, expression: &Expr<'s>, depth: usize) -> Result<(), TemplateError> {
        let depth = self.deeper(depth, expression.span())?;
        if let Some(name) = self.dotted(expression) {
            self.names.insert(name);
            return Ok(());
        }
        match expression {
            Expr::Var(_) | Expr::Const(_) => Ok(()),
            Expr::Slice(one) => {
                self.expression(&one.expr, depth)?;
                self.expressions([&one.start, &one.stop, &one.step].into_iter().flatten(), depth)
            }
            Expr::UnaryOp(one) => self.expression(&one.expr, depth),
            Expr::BinOp(one) => self.expressions([&one.left, &one.right], depth),
            Expr::Compare(one) => {
                self.expression(&one.expr, depth)?;
                self.expressions(one.ops.iter().map(|op| &op.expr), depth)
            }
            Expr::IfExpr(one) => {
                self.expressions([&one.test_expr, &one.true_expr], depth)?;
                self.expressions(&one.false_expr, depth)
            }
            Expr::Filter(one) => {
                self.expressions(&one.expr, depth)?;
                self.arguments(&one.args, depth)
            }
            Expr::Test(one) => {
                self.expression(&one.expr, depth)?;
                self.arguments(&one.args, depth)
            }
            Expr::GetAttr(one) => self.expression(&one.expr, depth),
            Expr::GetItem(one) => self.expressions([&one.expr, &one.subscript_expr], depth),
            Expr::Call(one) => {
                // A function is no variable; whether it exists is said when it is called.
                if !matches!(one.expr, Expr::Var(_)) {
                    self.expression(&one.expr, depth)?;
                }
                self.arguments(&one.args, depth)
            }
            Expr::List(one) => self.expressions(&one.items, depth),
            Expr::Map(one) => {
                self.expressions(&one.keys, depth)?;
                self.expressions(&one.values, depth)
            }
        }
    }

    /// `a.b["c"]` as `a.b.c`, where `a` comes from outside.
    fn dotted(&self, expression: &Expr<'s>) -> Option<String> {
        let mut parts = Vec::new();
        let mut inner = expression;
        loop {
            match inner {
                Expr::Var(one) => {
                    let own = self.assigned.iter().any(|names| names.contains(one.id));
                    parts.push(one.id);
                    parts.reverse();
                    return (!own).then(|| parts.join("."));
                }
                Expr::GetAttr(one) => {
                    parts.push(one.name);
                    inner = &one.expr;
                }
                Expr::GetItem(one) => match &one.subscript_expr {
                    Expr::Const(key) => {
                        parts.push(key.value.as_str()?);
                        inner = &one.expr;
                    }
                    _ => return None,
                },
                _ => return None,
            }
            if parts.len() > MAX_DEPTH {
                return None;
            }
        }
    }
}

/// The name and place of a statement that texts have no use for.
fn unused(statement: &Stmt<'_>) -> (&'static str, Span) {
    fn place<T>(name: &'static str, node: &Spanned<T>) -> (&'static str, Span) {
        (name, node.span())
    }
    // Which statements there are depends on what else is compiled in.
    #[expect(clippy::wildcard_enum_match_arm, reason = "`break` and `continue` exist in some builds only")]
    match statement {
        Stmt::SetBlock(one) => place("set … endset", one),
        Stmt::AutoEscape(one) => place("autoescape", one),
        Stmt::FilterBlock(one) => place("filter", one),
        Stmt::Block(one) => place("block", one),
        Stmt::Import(one) => place("import", one),
        Stmt::FromImport(one) => place("from", one),
        Stmt::Extends(one) => place("extends", one),
        Stmt::Include(one) => place("include", one),
        Stmt::Macro(one) => place("macro", one),
        Stmt::CallBlock(one) => place("call", one),
        Stmt::Do(one) => place("do", one),
        _ => ("this statement", Span::default()),
    }
}
