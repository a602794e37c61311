//! Work that is found while other work is done: bounded, so that finding never runs far ahead.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// A queue for several threads.
pub(super) struct Queue<T> {
    state: Mutex<State<T>>,
    filled: Condvar,
    most: usize,
}

struct State<T> {
    items: VecDeque<T>,
    is_closed: bool,
}

impl<T> Queue<T> {
    /// A queue that holds `most` items, as far as [`Self::offer`] fills it.
    pub(super) fn new(most: usize) -> Self {
        let state = State { items: VecDeque::new(), is_closed: false };
        Self { state: Mutex::new(state), filled: Condvar::new(), most }
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        // A thread that panicked has not left an item half in it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts an item at the end, or gives it back where the queue is full.
    pub(super) fn offer(&self, item: T) -> Option<T> {
        let mut state = self.state();
        if state.items.len() >= self.most {
            return Some(item);
        }
        state.items.push_back(item);
        drop(state);
        self.filled.notify_one();
        None
    }

    /// Puts back what was taken and not done.
    pub(super) fn put_back(&self, item: T) {
        self.state().items.push_front(item);
        self.filled.notify_one();
    }

    /// Nothing is offered any more: whoever waits for it need not.
    pub(super) fn close(&self) {
        self.state().is_closed = true;
        self.filled.notify_all();
    }

    /// The next item; waits for it. `None` when there is none any more.
    pub(super) fn take(&self) -> Option<T> {
        let mut state = self.state();
        loop {
            if let Some(item) = state.items.pop_front() {
                return Some(item);
            }
            if state.is_closed {
                return None;
            }
            state = self.filled.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    #[test]
    fn every_item_is_taken_once() {
        let queue = Queue::new(4);
        let take_all = || std::iter::from_fn(|| queue.take()).collect::<Vec<u32>>();
        let mut taken = thread::scope(|scope| {
            let others: Vec<_> = (0..3).map(|_| scope.spawn(take_all)).collect();
            let mut own: Vec<_> = (0..1000).filter_map(|number| queue.offer(number)).collect();
            queue.put_back(1000);
            queue.close();
            others.into_iter().for_each(|other| own.extend(other.join().unwrap()));
            own
        });
        taken.extend(take_all());
        taken.sort_unstable();
        assert!(taken.into_iter().eq(0..=1000));
    }

    #[test]
    fn a_full_queue_takes_no_more() {
        let queue = Queue::new(2);
        assert_eq!((queue.offer(1), queue.offer(2), queue.offer(3)), (None, None, Some(3)));
        queue.put_back(0);
        queue.close();
        assert_eq!([queue.take(), queue.take(), queue.take(), queue.take()], [Some(0), Some(1), Some(2), None]);
    }
}
