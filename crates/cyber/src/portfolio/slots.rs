//! Things by small numbers, and sorted lists of such numbers: what the portfolio's postings are made of.

/// Things by small numbers; a number is given again when its thing is gone.
#[derive(Debug)]
pub(super) struct Slots<T> {
    things: Vec<Option<T>>,
    free: Vec<u32>,
}

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Self {
            things: Vec::new(),
            free: Vec::new(),
        }
    }
}

impl<T> Slots<T> {
    pub fn add(&mut self, thing: T) -> u32 {
        if let Some(place) = self.free.pop() {
            if let Some(slot) = self.things.get_mut(place as usize) {
                *slot = Some(thing);
            }
            return place;
        }
        self.things.push(Some(thing));
        u32::try_from(self.things.len() - 1).unwrap_or(u32::MAX)
    }

    pub fn remove(&mut self, place: u32) -> Option<T> {
        let thing = self.things.get_mut(place as usize)?.take();
        self.free.extend(thing.is_some().then_some(place));
        thing
    }

    pub fn get(&self, place: u32) -> Option<&T> {
        self.things.get(place as usize)?.as_ref()
    }

    pub fn get_mut(&mut self, place: u32) -> Option<&mut T> {
        self.things.get_mut(place as usize)?.as_mut()
    }

    /// Every thing, in the order of the numbers.
    pub fn all(&self) -> impl Iterator<Item = &T> {
        self.things.iter().flatten()
    }

    pub fn all_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.things.iter_mut().flatten()
    }

    /// What is said of each number; a number without a thing has the default.
    pub fn map<A: Default>(&self, of: impl Fn(&T) -> A) -> Vec<A> {
        let things = self.things.iter();
        things
            .map(|thing| thing.as_ref().map(&of).unwrap_or_default())
            .collect()
    }
}

/// Puts a number into a sorted list.
pub(super) fn put(list: &mut Vec<u32>, number: u32) {
    if let Err(at) = list.binary_search(&number) {
        // By an eighth, not to the double: there are tens of millions of these.
        if list.len() == list.capacity() {
            list.reserve_exact(list.len() / 8 + 2);
        }
        list.insert(at, number);
    }
}

/// Takes a number out of a sorted list.
pub(super) fn take(list: &mut Vec<u32>, number: u32) {
    if let Ok(at) = list.binary_search(&number) {
        list.remove(at);
    }
}
