//! Work on many things at once, on every processor.

use std::cmp::Reverse;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// What `work` makes of each item, in the order of the items. The largest is begun first, so that no thread is left with it at the end. Each
/// thread has a buffer of its own for `work`.
pub(crate) fn map<T: Sync, R: Send>(
    items: &[T],
    size: impl Fn(&T) -> u64,
    work: impl Fn(&T, &mut Vec<u8>) -> R + Sync,
) -> Vec<R> {
    let mut queue: Vec<usize> = (0..items.len()).collect();
    queue.sort_by_cached_key(|number| Reverse(items.get(*number).map_or(0, &size)));
    let next = AtomicUsize::new(0);
    let run = || {
        let mut buffer = Vec::new();
        let mut done = Vec::new();
        while let Some(number) = queue.get(next.fetch_add(1, Ordering::Relaxed))
            && let Some(item) = items.get(*number)
        {
            done.push((*number, work(item, &mut buffer)));
        }
        done
    };
    let threads = thread::available_parallelism().map_or(1, usize::from).min(items.len());
    let mut done: Vec<_> = thread::scope(|scope| {
        // Where the system gives no more threads, those that are there do the work.
        let spawn = |_| thread::Builder::new().spawn_scoped(scope, run).ok();
        let others: Vec<_> = (1..threads).map_while(spawn).collect();
        let mut all = run();
        for other in others {
            match other.join() {
                Ok(done) => all.extend(done),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        all
    });
    done.sort_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_the_order_of_the_items() {
        let items: Vec<u64> = (0..1000).map(|number| number * 7919 % 1000).collect();
        let doubled = map(&items, |item| *item, |item, _| 2 * item);
        assert!(doubled.iter().zip(&items).all(|(doubled, item)| *doubled == 2 * item));
        assert_eq!(map(&[] as &[u8], |_| 0, |_, _| ()), []);
    }
}
