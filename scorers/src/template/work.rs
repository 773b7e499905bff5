//! What a template may do before it is stopped: every step and every byte that is made or looked at
//! is paid for out of one budget. So a template ends soon and holds little, whatever it says.

use minijinja::value::{Value, ValueKind};

/// What one template may spend: bytes made and bytes looked at, intermediate values included. Far
/// above any honest use, spent in some 10 ms.
const BUDGET: usize = 16 << 20;

/// The price of a step and of a value, whatever is in it.
pub(super) const STEP: usize = 64;

/// Lists and maps inside each other. A data file may nest 128 deep.
const MAX_DEPTH: usize = 200;

/// The budget is spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spent;

/// What is left of the budget.
#[derive(Debug)]
pub(super) struct Work {
    left: usize,
}

impl Work {
    pub(super) fn new() -> Self {
        Self { left: BUDGET }
    }

    /// Pays before the work is done.
    pub(super) fn spend(&mut self, amount: usize) -> Result<(), Spent> {
        match self.left.checked_sub(amount) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => {
                self.left = 0;
                Err(Spent)
            }
        }
    }

    /// Pays for looking at a whole value, and says how large it is. A value that is held twice counts
    /// twice, as it does for whoever prints or compares it.
    pub(super) fn look(&mut self, value: &Value) -> Result<usize, Spent> {
        let before = self.left;
        self.walk(value, 0)?;
        Ok(before - self.left)
    }

    fn walk(&mut self, value: &Value, depth: usize) -> Result<(), Spent> {
        self.spend(STEP)?;
        if depth > MAX_DEPTH {
            return Err(Spent);
        }
        match value.kind() {
            ValueKind::String => self.spend(value.as_str().map_or(0, str::len)),
            ValueKind::Seq | ValueKind::Iterable => {
                value.try_iter().map_err(|_| Spent)?.try_for_each(|item| self.walk(&item, depth + 1))
            }
            ValueKind::Map => value.try_iter().map_err(|_| Spent)?.try_for_each(|key| {
                let item = value.get_item(&key).map_err(|_| Spent)?;
                self.walk(&key, depth + 1)?;
                self.walk(&item, depth + 1)
            }),
            _ => Ok(()),
        }
    }

    /// Turns what is computed only when somebody asks into a list, paid item by item; pays for any
    /// other value as it is.
    pub(super) fn settle(&mut self, value: Value) -> Result<Value, Spent> {
        if value.kind() != ValueKind::Iterable {
            self.look(&value)?;
            return Ok(value);
        }
        let mut items = Vec::new();
        for item in value.try_iter().map_err(|_| Spent)? {
            self.walk(&item, 0)?;
            items.push(item);
        }
        Ok(Value::from(items))
    }
}
