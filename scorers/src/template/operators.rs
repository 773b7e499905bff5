//! What `+`, `~`, `[1:]` and the like do to values, within the budget. Whatever concerns numbers
//! only is computed by minijinja.

use super::{
    error::Failure,
    spoken::{kind, spoken},
    work::{STEP, Work},
};
use minijinja::{
    Environment, Value, context,
    machinery::ast::{BinOpKind, CompareOpKind},
    value::ValueKind,
};
use std::sync::OnceLock;

/// minijinja, for what it computes.
pub(super) fn engine() -> &'static Environment<'static> {
    static ENGINE: OnceLock<Environment<'static>> = OnceLock::new();
    ENGINE.get_or_init(|| {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
        environment
    })
}

/// Two values of any kind; `and` and `or` are the evaluator's business.
pub(super) fn binary(op: BinOpKind, a: &Value, b: &Value, work: &mut Work) -> Result<Value, Failure> {
    let lists = |value: &Value| matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable);
    let expression = match op {
        BinOpKind::Eq => return compare(CompareOpKind::Eq, a, b, work).map(Value::from),
        BinOpKind::Ne => return compare(CompareOpKind::Ne, a, b, work).map(Value::from),
        BinOpKind::Lt => return compare(CompareOpKind::Lt, a, b, work).map(Value::from),
        BinOpKind::Lte => return compare(CompareOpKind::Lte, a, b, work).map(Value::from),
        BinOpKind::Gt => return compare(CompareOpKind::Gt, a, b, work).map(Value::from),
        BinOpKind::Gte => return compare(CompareOpKind::Gte, a, b, work).map(Value::from),
        BinOpKind::In => return compare(CompareOpKind::In, a, b, work).map(Value::from),
        BinOpKind::Concat => {
            work.look(a)?;
            work.look(b)?;
            return Ok(Value::from([spoken(a), spoken(b)].concat()));
        }
        BinOpKind::Add => match (a.as_str(), b.as_str()) {
            (Some(one), Some(other)) => {
                work.spend(one.len() + other.len())?;
                return Ok(Value::from([one, other].concat()));
            }
            _ if lists(a) && lists(b) => {
                work.look(a)?;
                work.look(b)?;
                let items = a.try_iter()?.chain(b.try_iter()?);
                return Ok(Value::from(items.collect::<Vec<_>>()));
            }
            _ => "a + b",
        },
        BinOpKind::Mul => {
            let (whole, times) = if a.kind() == ValueKind::Number { (b, a) } else { (a, b) };
            if whole.as_str().is_some() || lists(whole) {
                return repeat(whole, times, work);
            }
            "a * b"
        }
        BinOpKind::Sub => "a - b",
        BinOpKind::Div => "a / b",
        BinOpKind::FloorDiv => "a // b",
        BinOpKind::Rem => "a % b",
        BinOpKind::Pow => "a ** b",
        BinOpKind::ScAnd => "a and b",
        BinOpKind::ScOr => "a or b",
    };
    // Only numbers are small whatever they are.
    if [a, b].iter().any(|value| value.kind() != ValueKind::Number) {
        let sign = expression.trim_matches(|one: char| one.is_ascii_lowercase() || one == ' ');
        return Err(Failure::wrong(format!("`{sign}` does not go with {} and {}", kind(a), kind(b))));
    }
    calculate(expression, context! { a => a, b => b }, work)
}

/// What minijinja makes of an expression; reading it costs more than most steps.
fn calculate(expression: &'static str, values: Value, work: &mut Work) -> Result<Value, Failure> {
    work.spend(16 * STEP)?;
    finite(engine().compile_expression(expression)?.eval(values)?)
}

/// `-` before a number.
pub(super) fn negative(value: &Value, work: &mut Work) -> Result<Value, Failure> {
    if value.kind() != ValueKind::Number {
        return Err(Failure::wrong(format!("`-` goes with a number, not with {}", kind(value))));
    }
    calculate("-a", context! { a => value }, work)
}

/// Refuses what is no number, such as one divided by zero.
pub(super) fn finite(value: Value) -> Result<Value, Failure> {
    if value.kind() == ValueKind::Number
        && f64::try_from(value.clone()).is_ok_and(|number| !number.is_finite())
    {
        return Err(Failure::wrong("the result is not a finite number"));
    }
    Ok(value)
}

fn repeat(whole: &Value, times: &Value, work: &mut Work) -> Result<Value, Failure> {
    let wrong = || Failure::wrong(format!("`*` repeats {} a whole number of times", kind(whole)));
    let times = times.as_usize().ok_or_else(wrong)?;
    let size = work.look(whole)?;
    match whole.as_str() {
        Some(text) => {
            work.spend(text.len().saturating_mul(times))?;
            Ok(Value::from(text.repeat(times)))
        }
        None => {
            work.spend(size.saturating_mul(times))?;
            let items: Vec<Value> = whole.try_iter()?.collect();
            Ok(Value::from(std::iter::repeat_n(items, times).flatten().collect::<Vec<_>>()))
        }
    }
}

/// Whether a comparison holds.
pub(super) fn compare(op: CompareOpKind, a: &Value, b: &Value, work: &mut Work) -> Result<bool, Failure> {
    work.look(a)?;
    work.look(b)?;
    Ok(match op {
        CompareOpKind::Eq => a == b,
        CompareOpKind::Ne => a != b,
        CompareOpKind::Lt => a < b,
        CompareOpKind::Lte => a <= b,
        CompareOpKind::Gt => a > b,
        CompareOpKind::Gte => a >= b,
        CompareOpKind::In => contains(b, a, work)?,
        CompareOpKind::NotIn => !contains(b, a, work)?,
    })
}

fn contains(whole: &Value, part: &Value, work: &mut Work) -> Result<bool, Failure> {
    if matches!(whole.kind(), ValueKind::Number | ValueKind::Bool | ValueKind::None) {
        return Err(Failure::wrong(format!("`in` looks into a text, a list or a map, not {}", kind(whole))));
    }
    Ok(calculate("a in b", context! { a => part, b => whole }, work)?.is_true())
}

/// A part of a list or a text, as in Python. Done here because minijinja 2.24 panics where a part
/// that goes backwards is empty.
pub(super) fn slice(
    value: &Value,
    start: Option<Value>,
    stop: Option<Value>,
    step: Option<Value>,
    work: &mut Work,
) -> Result<Value, Failure> {
    work.look(value)?;
    let whole = |bound: Option<Value>| match bound.filter(|bound| !bound.is_none()) {
        None => Ok(None),
        Some(bound) => match bound.as_i64() {
            Some(number) => Ok(Some(number)),
            None => Err(Failure::wrong("a part is named by whole numbers")),
        },
    };
    let (start, stop, step) = (whole(start)?, whole(stop)?, whole(step)?.unwrap_or(1));
    if step == 0 {
        return Err(Failure::wrong("the step of a part is not 0"));
    }
    if let Some(text) = value.as_str() {
        // A character takes four bytes for a while.
        work.spend(text.len().saturating_mul(4))?;
        let characters: Vec<char> = text.chars().collect();
        return Ok(Value::from(part(&characters, start, stop, step).into_iter().collect::<String>()));
    }
    if !matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable) {
        return Err(Failure::wrong(format!(
            "a part can be taken of a list or a text, not of {}",
            kind(value)
        )));
    }
    let items: Vec<Value> = value.try_iter()?.collect();
    let part = Value::from(part(&items, start, stop, step));
    work.look(&part)?;
    Ok(part)
}

/// The items from `start` to before `stop`; negative numbers count from the end.
fn part<T: Clone>(items: &[T], start: Option<i64>, stop: Option<i64>, step: i64) -> Vec<T> {
    let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let (lowest, highest) = if step > 0 { (0, length) } else { (-1, length - 1) };
    let place = |bound: i64| {
        let bound = if bound < 0 { bound.saturating_add(length) } else { bound };
        bound.clamp(lowest, highest.max(lowest))
    };
    let (first, end) = if step > 0 { (lowest, highest) } else { (highest, lowest) };
    let (start, stop) = (start.map_or(first, place), stop.map_or(end, place));
    let ahead = |at: i64| if step > 0 { at < stop } else { at > stop };
    let places = std::iter::successors(Some(start), |at| at.checked_add(step)).take_while(|at| ahead(*at));
    places.filter_map(|at| items.get(usize::try_from(at).ok()?).cloned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Python 3.12 gives for `list(range(5))[start:stop:step]`.
    #[test]
    fn parts_are_those_of_python() {
        let part = |start, stop, step| part(&[0, 1, 2, 3, 4], start, stop, step);
        assert_eq!(part(Some(1), None, 1), [1, 2, 3, 4]);
        assert_eq!(part(None, Some(-1), 1), [0, 1, 2, 3]);
        assert_eq!(part(Some(-2), None, 1), [3, 4]);
        assert_eq!(part(Some(0), Some(5), 2), [0, 2, 4]);
        assert_eq!(part(None, None, -1), [4, 3, 2, 1, 0]);
        assert_eq!(part(Some(3), Some(0), -2), [3, 1]);
        assert_eq!(part(Some(0), Some(3), -1), Vec::<i32>::new());
        assert_eq!(part(Some(9), Some(1), -1), [4, 3, 2]);
        assert_eq!(part(Some(i64::MIN), Some(i64::MAX), i64::MAX), [0]);
        assert_eq!(part(Some(i64::MAX), Some(i64::MIN), i64::MIN), [4]);
        assert_eq!(super::part::<i32>(&[], None, None, -1), Vec::<i32>::new());
    }
}
