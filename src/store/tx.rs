//! What an act is handed: the connection inside a transaction, and a way to take back what it changed in memory.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::ops::Deref;

use rusqlite::Connection;

use super::Ordeal;

type Undo = Box<dyn FnOnce() + Send>;

/// The right to write. Acts pass it downward; nobody can make one but the writer.
pub struct Tx<'a> {
    conn: &'a Connection,
    undo: RefCell<Vec<Undo>>,
    overcome: Cell<Option<Ordeal>>,
}

impl<'a> Tx<'a> {
    pub(super) fn new(conn: &'a Connection) -> Self {
        Self {
            conn,
            undo: RefCell::new(Vec::new()),
            overcome: Cell::new(None),
        }
    }

    /// The trouble that is over if this transaction is kept. Whoever writes it down does so before the commit.
    pub fn overcome(&self) -> Option<Ordeal> {
        self.overcome.get()
    }

    pub(super) fn set_overcome(&self, ordeal: Option<Ordeal>) {
        self.overcome.set(ordeal);
    }

    /// Says how to take back a change in memory that must not outlive the transaction. Called in reverse order if the
    /// act fails or its commit does.
    pub fn on_rollback(&self, undo: impl FnOnce() + Send + 'static) {
        self.undo.borrow_mut().push(Box::new(undo));
    }

    /// How many changes could be taken back at this point.
    pub(super) fn mark(&self) -> usize {
        self.undo.borrow().len()
    }

    /// Takes back everything after `mark`.
    pub(super) fn take_back(&self, mark: usize) {
        let later = self.undo.borrow_mut().split_off(mark);
        for undo in later.into_iter().rev() {
            undo();
        }
    }
}

impl Deref for Tx<'_> {
    type Target = Connection;
    fn deref(&self) -> &Connection {
        self.conn
    }
}

impl fmt::Debug for Tx<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tx").field("undo", &self.mark()).finish()
    }
}
