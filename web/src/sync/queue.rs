//! What was done to the list and is not yet on the server: kept in the browser's storage, so that it outlives a
//! lost network and a reload, and sent in order.
//!
//! Each deed is an entry of its own. Tabs add and remove entries and never rewrite a list, so that none can undo
//! what another has written at the same moment. Where storage is blocked the deeds are this tab's alone.

use yew::AttrValue;

use crate::browser::sleep::now;
use crate::browser::{key, store};
use crate::model::Todo;
use crate::sync::outcome_channel::Settled;
use crate::todos::id;

/// How long a deletion can be taken back. Longer than it is offered: a late press must not miss.
const GRACE_MS: u64 = 8_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    Add,
    /// A new task that the server did not take: kept for its author, who may send it again.
    Refused,
    Tick,
    Untick,
    Rename,
    Delete,
    CompleteAll,
    ClearDone,
}

/// A page of an earlier version ignores letters that it does not know. So a change of the todos that a search finds has a
/// letter of its own: that page would send it as a change of all.
const SEARCHED: [(Deed, char); 2] = [(Deed::CompleteAll, 'C'), (Deed::ClearDone, 'L')];

const LETTERS: [(Deed, char); 8] = [
    (Deed::Add, 'a'),
    (Deed::Refused, 'x'),
    (Deed::Tick, 't'),
    (Deed::Untick, 'u'),
    (Deed::Rename, 'r'),
    (Deed::Delete, 'd'),
    (Deed::CompleteAll, 'c'),
    (Deed::ClearDone, 'l'),
];

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Op {
    /// Sorts as the deeds were done.
    pub id: String,
    pub deed: Deed,
    /// The id of the todo, or the key of one that has no id yet; empty where all are meant.
    pub todo: AttrValue,
    /// The task, where the deed has one; what is searched for, where all are meant that a search finds.
    pub text: AttrValue,
    /// Not sent before: milliseconds since 1970.
    pub until: u64,
}

impl Op {
    fn encode(&self) -> String {
        let searched = SEARCHED.iter().filter(|_| !self.text.is_empty());
        let letter = searched.chain(&LETTERS).find(|pair| pair.0 == self.deed);
        let letter = letter.map_or('?', |pair| pair.1);
        let until = self.until.to_string();
        // The text is last: it may have lines.
        let todo = id::to_storage(&self.todo);
        [letter.encode_utf8(&mut [0; 4]), &*until, "\n", todo, "\n", &self.text].concat()
    }

    fn decode(id: &str, entry: &str) -> Option<Self> {
        let (head, rest) = entry.split_once('\n')?;
        let (todo, text) = rest.split_once('\n')?;
        let letter = head.chars().next()?;
        let deed = LETTERS.iter().chain(&SEARCHED).find(|pair| pair.1 == letter)?.0;
        Some(Self {
            id: id.to_owned(),
            deed,
            todo: id::from_storage(todo).into(),
            text: text.to_owned().into(),
            until: head.get(1..)?.parse().ok()?,
        })
    }
}

/// The deeds of one user, as this tab knows them.
#[derive(Debug)]
pub struct Queue {
    prefix: String,
    ops: Vec<Op>,
    /// Whether the storage has taken every entry.
    is_kept: bool,
}

impl Queue {
    pub fn open(user: &str) -> Self {
        let mut queue = Self { prefix: prefix(user), ops: Vec::new(), is_kept: true };
        queue.sync();
        queue
    }

    pub fn ops(&self) -> &[Op] {
        &self.ops
    }

    /// Goes by the storage, where nobody has told what other tabs have written.
    pub fn sync(&mut self) {
        self.ops = self.stored();
    }

    /// What the storage has. This tab may yet have to hear of it: what it shows changes only when it is told,
    /// since with that it is told what came of it.
    fn stored(&self) -> Vec<Op> {
        if !self.is_kept {
            return self.ops.clone();
        }
        let entries = entries(&self.prefix).into_iter();
        let decode = |(key, entry): (String, String)| Op::decode(self.id_of(&key)?, &entry);
        let mut ops: Vec<_> = entries.filter_map(decode).collect();
        ops.sort_by(|a, b| a.id.cmp(&b.id));
        ops
    }

    fn id_of<'a>(&self, key: &'a str) -> Option<&'a str> {
        key.strip_prefix(&*self.prefix)
    }

    /// What another tab has written. Whether it was about these deeds.
    pub fn hear(&mut self, key: &str, entry: Option<&str>) -> bool {
        let Some(id) = self.id_of(key) else { return false };
        self.ops.retain(|op| op.id != id);
        if let Some(op) = entry.and_then(|entry| Op::decode(id, entry)) {
            let at = self.ops.partition_point(|before| before.id < op.id);
            self.ops.insert(at, op);
        }
        true
    }

    /// The deed that another tab has sent, where that is what it wrote, and what came of it.
    pub fn settled(&self, key: &str, entry: &str) -> Option<(Op, Settled)> {
        let id = self.id_of(key)?;
        let settled = Settled::decode(entry)?;
        let op = self.ops.iter().find(|op| op.id == id)?;
        let is_known = op.deed != Deed::Add || settled != Settled::Done;
        is_known.then(|| (op.clone(), settled))
    }

    /// The id of the new entry. A newer wish for the same of the same todo takes the place of the older one.
    pub fn push(&mut self, deed: Deed, todo: AttrValue, text: AttrValue) -> String {
        let is_of_row = |deed| matches!(deed, Deed::Tick | Deed::Untick | Deed::Rename);
        let older = self.ops.iter().find(|op| {
            op.todo == todo
                && is_of_row(op.deed)
                && (op.deed == Deed::Rename) == (deed == Deed::Rename)
        });
        if let Some(older) = older.filter(|_| is_of_row(deed)).map(|op| op.id.clone()) {
            self.remove(&older);
        }
        let is_held = matches!(deed, Deed::Delete | Deed::ClearDone);
        let until = if is_held { now() + GRACE_MS } else { 0 };
        let id = self.next_id();
        self.put(&Op { id: id.clone(), deed, todo, text, until });
        id
    }

    /// Writes a deed, or what has become of it.
    pub fn put(&mut self, op: &Op) {
        let key = [&*self.prefix, &*op.id].concat();
        let entry = op.encode();
        self.is_kept &= store::set(store::local(), &key, Some(&entry));
        self.hear(&key, Some(&entry));
    }

    pub fn remove(&mut self, id: &str) {
        let key = [&*self.prefix, id].concat();
        store::set(store::local(), &key, None);
        self.hear(&key, None);
    }

    /// The server has done it. Other tabs are told so before the entry goes: to them that alone would look as if
    /// it were taken back.
    pub fn settle(&mut self, op: &Op, todo: Option<&Todo>) {
        let settled = match todo.filter(|_| op.deed == Deed::Add) {
            Some(todo) => Settled::Added(todo.clone()),
            None => Settled::Done,
        };
        if self.is_kept {
            let key = [&*self.prefix, &*op.id].concat();
            store::set(store::local(), &key, Some(&settled.encode()));
        }
        self.remove(&op.id);
    }

    /// A new todo that the server does not take is kept for its author, unless they have deleted it meanwhile.
    pub fn refuse(&mut self, op: &Op) {
        if self.stored().iter().any(|other| other.deed == Deed::Delete && other.todo == op.todo) {
            self.drop_all(&op.todo);
        } else {
            self.put(&Op { deed: Deed::Refused, ..op.clone() });
        }
    }

    /// Forgets a todo, and all that was done to it.
    pub fn drop_all(&mut self, todo: &AttrValue) {
        for op in self.stored().iter().filter(|op| op.todo == *todo) {
            self.remove(&op.id);
        }
    }

    /// What waits for new todos of these deeds may now name them by their ids.
    pub fn know(&mut self, batch: &[Op], todos: &[Todo]) {
        for op in self.stored() {
            let named = batch.iter().zip(todos).find(|(added, _)| added.todo == op.todo);
            if let Some((_, todo)) = named.filter(|_| op.deed != Deed::Add) {
                self.put(&Op { todo: todo.id.clone(), ..op });
            }
        }
    }

    /// Holds these for another while, or no longer.
    pub fn hold(&mut self, ids: &[String], still: bool) {
        let until = if still { now() + GRACE_MS } else { 0 };
        let held: Vec<_> = self.ops.iter().filter(|op| ids.contains(&op.id)).cloned().collect();
        for op in held {
            self.put(&Op { until, ..op });
        }
    }

    /// What is to be sent next: one deed, or several new todos that were added one after the other.
    pub fn next(&self, hurry: bool) -> Vec<Op> {
        next(&self.stored(), if hurry { u64::MAX } else { now() })
    }

    /// Milliseconds until the next one that is held may be sent.
    pub fn pause(&self) -> Option<u32> {
        let ops = self.stored();
        let is_held = |op: &&Op| op.until > 0 && !is_refused(&ops, &op.todo);
        let until = ops.iter().filter(is_held).map(|op| op.until).min()?;
        u32::try_from(until.saturating_sub(now())).ok()
    }

    fn next_id(&self) -> String {
        let last = self.ops.last().and_then(|op| op.id.get(..13)?.parse().ok()).unwrap_or(0_u64);
        // Two tabs may be as quick as each other.
        let tab = key::fresh();
        [now().max(last + 1).to_string().as_str(), tab.get(..8).unwrap_or_default()].concat()
    }
}

/// Requests may have 64 KiB; quoting makes a text longer.
const BATCH_BYTES: usize = 20_000;
const BATCH: usize = 100;

fn next(ops: &[Op], now: u64) -> Vec<Op> {
    let mut batch: Vec<Op> = Vec::new();
    let mut bytes = 0;
    for op in ops {
        let waits = op.until > now || op.deed == Deed::Refused || is_refused(ops, &op.todo);
        if op.deed == Deed::ClearDone && waits {
            // What is done meanwhile was not meant.
            break;
        }
        if waits {
            continue;
        }
        bytes += op.text.len();
        let goes_along = op.deed == Deed::Add && batch.len() < BATCH && bytes < BATCH_BYTES;
        if !batch.is_empty() && !goes_along {
            break;
        }
        batch.push(op.clone());
        if op.deed != Deed::Add {
            break;
        }
    }
    batch
}

fn is_refused(ops: &[Op], key: &str) -> bool {
    ops.iter().any(|op| op.deed == Deed::Refused && op.todo == key)
}

/// Nothing of this user's stays behind.
pub fn forget(user: &str) {
    for (key, _) in entries(&prefix(user)) {
        store::set(store::local(), &key, None);
    }
}

fn prefix(user: &str) -> String {
    ["todos.queue.", user, "."].concat()
}

fn entries(prefix: &str) -> Vec<(String, String)> {
    let Some(storage) = store::local() else { return Vec::new() };
    let keys = (0..storage.length().unwrap_or(0)).filter_map(|at| storage.key(at).ok().flatten());
    keys.filter(|key| key.starts_with(prefix))
        .filter_map(|key| Some((key.clone(), storage.get_item(&key).ok().flatten()?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::moment::Moment;

    fn op(id: &str, deed: Deed, todo: &'static str, until: u64) -> Op {
        Op { id: id.to_owned(), deed, todo: todo.into(), text: "Milk\nand bread".into(), until }
    }

    fn queue(ops: &[Op]) -> Queue {
        Queue { prefix: prefix("ada"), ops: ops.to_vec(), is_kept: false }
    }

    fn ids(ops: &[Op]) -> Vec<&str> {
        ops.iter().map(|op| op.id.as_str()).collect()
    }

    #[test]
    fn a_deed_survives_storage() {
        for (deed, _) in LETTERS {
            let op = op("1", deed, "key", 17);
            assert_eq!(Op::decode("1", &op.encode()), Some(op));
            let op = self::op("1", deed, "todo_42", 17);
            assert!(op.encode().contains("\n42\n"), "as earlier versions read it");
            assert_eq!(Op::decode("1", &op.encode()), Some(op));
        }
        // Entries of all earlier versions.
        for (entry, deed) in [("c0\n\n", Deed::CompleteAll), ("l17\n\n", Deed::ClearDone)] {
            let op = Op::decode("1", entry).unwrap();
            assert_eq!((op.deed, &*op.text, &*op.encode()), (deed, "", entry));
        }
        // Those versions do not know these.
        for (deed, letter) in SEARCHED {
            assert!(op("1", deed, "", 0).encode().starts_with(letter));
            assert!(LETTERS.iter().all(|pair| pair.1 != letter));
        }
        for entry in ["", "a", "a1", "a1\n", "?1\n\n", "ax\n\n"] {
            assert_eq!(Op::decode("1", entry), None, "{entry}");
        }
    }

    #[test]
    fn what_other_tabs_do_is_heard_in_its_place() {
        let mut queue = queue(&[op("1", Deed::Tick, "a", 0), op("3", Deed::Tick, "b", 0)]);
        let between = op("2", Deed::Delete, "c", 5).encode();
        assert!(queue.hear("todos.queue.ada.2", Some(&between)));
        assert_eq!(ids(&queue.ops), ["1", "2", "3"]);
        assert!(queue.hear("todos.queue.ada.1", None));
        assert!(!queue.hear("todos.queue.grace.3", None));
        assert_eq!(ids(&queue.ops), ["2", "3"]);
    }

    #[test]
    fn what_another_tab_has_sent_is_told_apart_from_what_was_taken_back() {
        let todo = Todo {
            id: "todo_7".into(),
            task: "Milk".into(),
            is_complete: false,
            inserted_at: Some(Moment::after(7)),
        };
        let ops = [op("1", Deed::Add, "a", 0), op("2", Deed::Tick, "b", 0)];
        let queue = queue(&ops);
        let told = |key: &str, settled: &Settled| queue.settled(key, &settled.encode());
        let (added, done) = (Settled::Added(todo), Settled::Done);
        assert_eq!(told("todos.queue.ada.1", &added), Some((ops[0].clone(), added)));
        assert_eq!(told("todos.queue.ada.1", &done), None, "which todo it is has to be told");
        assert_eq!(told("todos.queue.ada.2", &done), Some((ops[1].clone(), done.clone())));
        assert_eq!(told("todos.queue.ada.3", &done), None);
        assert_eq!(queue.settled("todos.queue.ada.1", &ops[0].encode()), None);
    }

    #[test]
    fn new_todos_go_together_and_everything_else_alone() {
        let ops = [
            op("1", Deed::Add, "a", 0),
            op("2", Deed::Add, "b", 0),
            op("3", Deed::Rename, "a", 0),
            op("4", Deed::Add, "c", 0),
        ];
        assert_eq!(ids(&next(&ops, 9)), ["1", "2"]);
        assert_eq!(ids(&next(&ops[2..], 9)), ["3"]);
    }

    #[test]
    fn what_can_be_taken_back_waits_and_lets_others_go_first() {
        let ops = [op("1", Deed::Delete, "a", 10), op("2", Deed::Tick, "b", 0)];
        assert_eq!(ids(&next(&ops, 9)), ["2"]);
        assert_eq!(ids(&next(&ops, 10)), ["1"]);
        // Ticked after the clearing, it must not be cleared.
        let ops = [op("1", Deed::ClearDone, "", 10), op("2", Deed::Tick, "b", 0)];
        assert_eq!(ids(&next(&ops, 9)), [""; 0]);
    }

    #[test]
    fn what_is_about_a_refused_todo_waits_for_it() {
        let ops = [
            op("1", Deed::Refused, "a", 0),
            op("2", Deed::Tick, "a", 0),
            op("3", Deed::Tick, "b", 0),
        ];
        assert_eq!(ids(&next(&ops, 9)), ["3"]);
    }
}
