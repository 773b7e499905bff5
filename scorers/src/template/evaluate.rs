//! Walks the tree of a template: variables, branches and loops. What operators and filters do is in
//! `operators` and `filters`; what all of it may cost is in `work`.

use super::{
    error::{Failure, TemplateError},
    filters, operators,
    spoken::{kind, say},
    work::{STEP, Spent, Work},
};
use minijinja::{
    Value,
    machinery::{
        Span,
        ast::{BinOpKind, Call, CallArg, Compare, Expr, ForLoop, Stmt, UnaryOpKind},
    },
    value::ValueKind,
};
use serde_json::Value as Json;
use std::{collections::BTreeMap, fmt::Write};

/// The values a template can use, by name.
pub type Variables = BTreeMap<String, Json>;

/// The longest text that one template may give, in bytes.
pub const MAX_RENDERED: usize = 1 << 20;

/// Most numbers of one `range`.
const MAX_RANGE: i64 = 100_000;

/// One evaluation of one template.
pub(super) struct Evaluator<'s, 'v> {
    source: &'s str,
    variables: &'v Variables,
    /// Variables from outside that have been used, converted once.
    converted: BTreeMap<&'s str, Value>,
    frames: Vec<Frame<'s>>,
    work: Work,
    text: Text,
}

/// Names that a block gives a value, and the loop that it is the body of.
#[derive(Default)]
struct Frame<'s> {
    names: BTreeMap<&'s str, Value>,
    looped: Option<Loop>,
}

struct Loop {
    items: Vec<Value>,
    index: usize,
}

/// Takes up to [`MAX_RENDERED`] bytes and refuses more.
#[derive(Default)]
struct Text(String);

impl Write for Text {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        if self.0.len() + text.len() > MAX_RENDERED {
            return Err(std::fmt::Error);
        }
        self.0.push_str(text);
        Ok(())
    }
}

type Evaluated<T = Value> = Result<T, TemplateError>;

impl<'s, 'v> Evaluator<'s, 'v> {
    pub(super) fn new(source: &'s str, variables: &'v Variables) -> Self {
        let frames = vec![Frame::default()];
        let (converted, work, text) = (BTreeMap::new(), Work::new(), Text::default());
        Self { source, variables, converted, frames, work, text }
    }

    /// The text of a template.
    pub(super) fn render(mut self, root: &Stmt<'s>) -> Evaluated<String> {
        self.statement(root)?;
        Ok(self.text.0)
    }

    fn wrong<T>(&self, span: Span, message: impl Into<String>) -> Evaluated<T> {
        Err(TemplateError::at(self.source, span, message))
    }

    fn paid<T>(&self, span: Span, result: Result<T, Spent>) -> Evaluated<T> {
        result.or_else(|Spent| self.wrong(span, "the template does too much work"))
    }

    fn spend(&mut self, span: Span, amount: usize) -> Evaluated<()> {
        let paid = self.work.spend(amount);
        self.paid(span, paid)
    }

    fn settled<T>(&self, span: Span, result: Result<T, Failure>) -> Evaluated<T> {
        result.or_else(|failure| match failure {
            Failure::Spent => self.paid(span, Err(Spent)),
            Failure::Wrong { message, help } => {
                Err(TemplateError { help, ..TemplateError::at(self.source, span, message) })
            }
        })
    }

    fn block(&mut self, statements: &[Stmt<'s>]) -> Evaluated<()> {
        statements.iter().try_for_each(|statement| self.statement(statement))
    }

    fn statement(&mut self, statement: &Stmt<'s>) -> Evaluated<()> {
        match statement {
            Stmt::Template(one) => self.block(&one.children),
            Stmt::EmitRaw(one) => {
                self.spend(one.span(), STEP)?;
                self.write(one.span(), one.raw)
            }
            Stmt::EmitExpr(one) => {
                let value = self.defined(&one.expr)?;
                self.emit(one.expr.span(), &value)
            }
            Stmt::ForLoop(one) => self.for_loop(one),
            Stmt::IfCond(one) => {
                let branch =
                    if self.defined(&one.expr)?.is_true() { &one.true_body } else { &one.false_body };
                self.block(branch)
            }
            Stmt::WithBlock(one) => {
                self.frames.push(Frame::default());
                for (target, expression) in &one.assignments {
                    let value = self.defined(expression)?;
                    self.assign(target, value)?;
                }
                self.block(&one.body)?;
                self.frames.pop();
                Ok(())
            }
            Stmt::Set(one) => {
                let value = self.defined(&one.expr)?;
                self.assign(&one.target, value)
            }
            _ => self.wrong(Span::default(), "this statement cannot be used in a text"),
        }
    }

    fn write(&mut self, span: Span, text: &str) -> Evaluated<()> {
        let written = self.text.write_str(text);
        written.or_else(|_| self.wrong(span, format!("the text is longer than {MAX_RENDERED} bytes")))
    }

    fn emit(&mut self, span: Span, value: &Value) -> Evaluated<()> {
        let paid = self.work.look(value);
        self.paid(span, paid)?;
        if value.is_none() {
            return self.valueless(span);
        }
        if let Some(text) = value.as_str() {
            return self.write(span, text);
        }
        // Straight into the text, which refuses what is too long before it is all made.
        let written = say(&mut self.text, value);
        written.or_else(|_| self.wrong(span, format!("the text is longer than {MAX_RENDERED} bytes")))
    }

    /// Refuses to say what is not there: `none` in the middle of a sentence is nobody's wish.
    fn valueless<T>(&self, span: Span) -> Evaluated<T> {
        let range = span.start_offset as usize..span.end_offset as usize;
        let what = self.source.get(range).unwrap_or("this").trim();
        let message = format!("`{what}` has no value, so there is nothing to say");
        let help = format!(
            "a word such as null has to stand in quotes; what may be empty is written `{{{{ {what} | default(\"…\", true) }}}}`"
        );
        Err(TemplateError { help: Some(help), ..TemplateError::at(self.source, span, message) })
    }

    fn for_loop(&mut self, one: &ForLoop<'s>) -> Evaluated<()> {
        let span = one.iter.span();
        let over = self.defined(&one.iter)?;
        let iterator = over.try_iter().or_else(|_| {
            self.wrong(span, format!("a loop goes over a list or a map, not {}", kind(&over)))
        })?;
        let mut items = Vec::new();
        for item in iterator {
            self.spend(span, STEP)?;
            if let Some(filter) = &one.filter_expr {
                self.frames.push(Frame::default());
                self.assign(&one.target, item.clone())?;
                let kept = self.defined(filter)?.is_true();
                self.frames.pop();
                if !kept {
                    continue;
                }
            }
            items.push(item);
        }
        if items.is_empty() {
            self.frames.push(Frame::default());
            self.block(&one.else_body)?;
            self.frames.pop();
            return Ok(());
        }
        let mut looped = Loop { items, index: 0 };
        while let Some(item) = looped.items.get(looped.index).cloned() {
            self.frames.push(Frame { names: BTreeMap::new(), looped: Some(looped) });
            self.assign(&one.target, item)?;
            self.block(&one.body)?;
            match self.frames.pop().and_then(|frame| frame.looped) {
                Some(inner) => looped = inner,
                None => break,
            }
            looped.index += 1;
        }
        Ok(())
    }

    fn assign(&mut self, target: &Expr<'s>, value: Value) -> Evaluated<()> {
        match target {
            Expr::Var(one) => {
                if let Some(frame) = self.frames.last_mut() {
                    frame.names.insert(one.id, value);
                }
                Ok(())
            }
            Expr::List(list) => {
                let found = value.len().filter(|_| value.kind() != ValueKind::Map);
                if found != Some(list.items.len()) {
                    let (names, kind) = (list.items.len(), kind(&value));
                    let message = format!("{names} names need a list of {names}, which {kind} is not");
                    return self.wrong(list.span(), message);
                }
                let items: Vec<Value> = value.try_iter().into_iter().flatten().collect();
                list.items.iter().zip(items).try_for_each(|(target, item)| self.assign(target, item))
            }
            other => self.wrong(other.span(), "only a name can be given a value"),
        }
    }

    /// The value of an expression that has one.
    pub(super) fn defined(&mut self, expression: &Expr<'s>) -> Evaluated {
        let value = self.value(expression)?;
        if value.is_undefined() {
            let span = expression.span();
            let range = span.start_offset as usize..span.end_offset as usize;
            let what = self.source.get(range).unwrap_or("this value").trim();
            return self.wrong(span, format!("`{what}` is not defined"));
        }
        Ok(value)
    }

    fn value(&mut self, expression: &Expr<'s>) -> Evaluated {
        let span = expression.span();
        self.spend(span, STEP)?;
        match expression {
            Expr::Const(one) => Ok(one.value.clone()),
            Expr::Var(one) => Ok(self.lookup(one.id)),
            Expr::GetAttr(one) => {
                if let Some(value) = self.of_loop(&one.expr, one.name) {
                    return Ok(value);
                }
                let value = self.defined(&one.expr)?;
                Ok(value.get_attr(one.name).unwrap_or_default())
            }
            Expr::GetItem(one) => {
                let value = self.defined(&one.expr)?;
                let key = self.defined(&one.subscript_expr)?;
                let paid = self.work.look(&key);
                self.paid(span, paid)?;
                Ok(value.get_item(&key).unwrap_or_default())
            }
            Expr::Slice(one) => {
                let value = self.defined(&one.expr)?;
                let bounds = [&one.start, &one.stop, &one.step]
                    .map(|bound| bound.as_ref().map(|bound| self.defined(bound)).transpose());
                let [start, stop, step] = bounds;
                let sliced = operators::slice(&value, start?, stop?, step?, &mut self.work);
                self.settled(span, sliced)
            }
            Expr::UnaryOp(one) => {
                let value = self.defined(&one.expr)?;
                match one.op {
                    UnaryOpKind::Not => Ok(Value::from(!value.is_true())),
                    UnaryOpKind::Neg => {
                        let negative = operators::negative(&value, &mut self.work);
                        self.settled(span, negative)
                    }
                }
            }
            Expr::BinOp(one) => {
                let left = self.defined(&one.left)?;
                match one.op {
                    BinOpKind::ScAnd if !left.is_true() => return Ok(left),
                    BinOpKind::ScOr if left.is_true() => return Ok(left),
                    BinOpKind::ScAnd | BinOpKind::ScOr => return self.defined(&one.right),
                    _ => {}
                }
                let right = self.defined(&one.right)?;
                if let BinOpKind::Concat = one.op {
                    for (value, side) in [(&left, &one.left), (&right, &one.right)] {
                        if value.is_none() {
                            return self.valueless(side.span());
                        }
                    }
                }
                let result = operators::binary(one.op, &left, &right, &mut self.work);
                self.settled(span, result)
            }
            Expr::Compare(one) => self.compare(span, one),
            Expr::IfExpr(one) => {
                if self.defined(&one.test_expr)?.is_true() {
                    return self.defined(&one.true_expr);
                }
                // Without an `else`, nothing is there.
                one.false_expr.as_ref().map_or_else(|| Ok(Value::from("")), |other| self.defined(other))
            }
            Expr::Filter(one) => {
                let lenient = filters::takes_undefined(one.name);
                let subject = match &one.expr {
                    Some(subject) if lenient => self.value(subject)?,
                    Some(subject) => self.defined(subject)?,
                    None => Value::UNDEFINED,
                };
                let (arguments, named) = self.arguments(&one.args)?;
                let result = filters::apply(one.name, subject, arguments, named, &mut self.work);
                self.settled(span, result)
            }
            Expr::Test(one) => {
                let subject = if filters::tests_undefined(one.name) {
                    self.value(&one.expr)?
                } else {
                    self.defined(&one.expr)?
                };
                let (arguments, named) = self.arguments(&one.args)?;
                if let Some((name, _)) = named.first() {
                    return self.wrong(span, format!("the test `{}` has no parameter `{name}`", one.name));
                }
                let result = filters::test(one.name, subject, arguments, &mut self.work);
                self.settled(span, result)
            }
            Expr::Call(one) => self.call(span, one),
            Expr::List(one) => {
                let items = one.items.iter().map(|item| self.defined(item)).collect::<Result<Vec<_>, _>>()?;
                self.built(span, Value::from(items))
            }
            Expr::Map(one) => {
                let mut entries = Vec::new();
                for (key, value) in one.keys.iter().zip(&one.values) {
                    entries.push((self.defined(key)?, self.defined(value)?));
                }
                // Putting the keys in order looks at them more than once.
                for (key, _) in &entries {
                    let paid = self.work.look(key);
                    self.paid(span, paid)?;
                }
                self.built(span, Value::from_iter(entries))
            }
        }
    }

    fn built(&mut self, span: Span, value: Value) -> Evaluated {
        let paid = self.work.look(&value);
        self.paid(span, paid)?;
        Ok(value)
    }

    fn lookup(&mut self, name: &'s str) -> Value {
        if let Some(value) = self.frames.iter().rev().find_map(|frame| frame.names.get(name)) {
            return value.clone();
        }
        let variables = self.variables;
        let Some(value) = variables.get(name) else { return Value::UNDEFINED };
        self.converted.entry(name).or_insert_with(|| Value::from_serialize(value)).clone()
    }

    /// A field of `loop`, inside of a loop.
    fn of_loop(&self, expression: &Expr<'s>, field: &str) -> Option<Value> {
        let Expr::Var(one) = expression else { return None };
        if one.id != "loop" {
            return None;
        }
        let Loop { items, index } = self.frames.iter().rev().find_map(|frame| frame.looped.as_ref())?;
        let length = items.len();
        Some(match field {
            "index" => Value::from(index + 1),
            "index0" => Value::from(*index),
            "revindex" => Value::from(length - index),
            "revindex0" => Value::from(length - index - 1),
            "first" => Value::from(*index == 0),
            "last" => Value::from(index + 1 == length),
            "length" => Value::from(length),
            "previtem" => {
                index.checked_sub(1).and_then(|index| items.get(index)).cloned().unwrap_or_default()
            }
            "nextitem" => items.get(index + 1).cloned().unwrap_or_default(),
            _ => Value::UNDEFINED,
        })
    }

    fn compare(&mut self, span: Span, one: &Compare<'s>) -> Evaluated {
        let mut left = self.defined(&one.expr)?;
        for op in &one.ops {
            let right = self.defined(&op.expr)?;
            let held = operators::compare(op.op, &left, &right, &mut self.work);
            if !self.settled(span, held)? {
                return Ok(Value::from(false));
            }
            left = right;
        }
        Ok(Value::from(true))
    }

    #[expect(clippy::type_complexity, reason = "positional and named arguments")]
    fn arguments(&mut self, arguments: &[CallArg<'s>]) -> Evaluated<(Vec<Value>, Vec<(&'s str, Value)>)> {
        let (mut positional, mut named) = (Vec::new(), Vec::new());
        for argument in arguments {
            match argument {
                CallArg::Pos(value) => positional.push(self.defined(value)?),
                CallArg::Kwarg(name, value) => named.push((*name, self.defined(value)?)),
                CallArg::PosSplat(value) | CallArg::KwargSplat(value) => {
                    return self.wrong(value.span(), "`*` and `**` cannot unpack a list or a map here");
                }
            }
        }
        Ok((positional, named))
    }

    fn call(&mut self, span: Span, one: &Call<'s>) -> Evaluated {
        let (arguments, named) = self.arguments(&one.args)?;
        match &one.expr {
            Expr::Var(function) if function.id == "range" && named.is_empty() => self.range(span, &arguments),
            Expr::Var(function) if function.id == "dict" && arguments.is_empty() => {
                self.built(span, Value::from_iter(named))
            }
            Expr::Var(function) => {
                let message = format!("there is no function `{}` with these arguments", function.id);
                let help = Some("the functions are `range(number)` and `dict(name=value)`".to_owned());
                Err(TemplateError { help, ..TemplateError::at(self.source, span, message) })
            }
            Expr::GetAttr(method) => {
                let message = format!("values have no method `{}`", method.name);
                let help = filters::near(method.name)
                    .map(|name| format!("there is a filter, which is written `value | {name}`"));
                Err(TemplateError { help, ..TemplateError::at(self.source, span, message) })
            }
            _ => self.wrong(span, "this cannot be called"),
        }
    }

    fn range(&mut self, span: Span, arguments: &[Value]) -> Evaluated {
        let numbers: Option<Vec<i64>> = arguments.iter().map(Value::as_i64).collect();
        let (from, to, step) = match numbers.as_deref() {
            Some(&[to]) => (0, to, 1),
            Some(&[from, to]) => (from, to, 1),
            Some(&[from, to, step]) => (from, to, step),
            _ => return self.wrong(span, "`range` has one to three whole numbers"),
        };
        if step == 0 {
            return self.wrong(span, "the step of a `range` is not 0");
        }
        let ahead = |at: i64| if step > 0 { at < to } else { at > to };
        let mut numbers = Vec::new();
        let mut next = Some(from);
        while let Some(number) = next.filter(|number| ahead(*number)) {
            if numbers.len() as i64 >= MAX_RANGE {
                return self.wrong(span, format!("a `range` has at most {MAX_RANGE} numbers"));
            }
            self.spend(span, STEP)?;
            numbers.push(Value::from(number));
            next = number.checked_add(step);
        }
        Ok(Value::from(numbers))
    }
}
