//! `Batches`: which rows make which batch, epoch after epoch.

use tunesmith_core::Seed;

/// The order of rows in every epoch, cut into batches.
///
/// The order of an epoch follows from the seed and the epoch's number alone: an epoch can be repeated, skipped or
/// resumed at, and threads have no say. After the first epoch nothing is allocated.
///
/// ```
/// use tunesmith_core::Seed;
/// use tunesmith_data::Batches;
/// let mut batches = Batches::new(10, 4, Seed::new(0));
/// let sizes: Vec<usize> = batches.epoch(0).map(<[usize]>::len).collect();
/// assert_eq!(sizes, [4, 4, 2]);
///
/// let third: Vec<Vec<usize>> = batches.epoch(3).map(<[usize]>::to_vec).collect();
/// let mut others = Batches::new(10, 4, Seed::new(0));
/// assert!(others.epoch(3).eq(third.iter().map(Vec::as_slice)));
/// ```
#[derive(Clone, Debug)]
pub struct Batches {
    rows: usize,
    size: usize,
    seed: Seed,
    shuffle: bool,
    drop_last: bool,
    order: Vec<usize>,
}

impl Batches {
    /// Batches of `size` out of `rows` rows, shuffled anew every epoch, the last one as large as what is left.
    ///
    /// A size above the number of rows gives one batch of all rows; [`Batches::note`] says so.
    ///
    /// # Panics
    /// When the size is zero.
    #[track_caller]
    #[must_use]
    pub fn new(rows: usize, size: usize, seed: Seed) -> Self {
        assert!(size > 0, "Batches::new: a batch of 0 rows holds nothing");
        Self { rows, size: size.min(rows.max(1)), seed, shuffle: true, drop_last: false, order: Vec::new() }
    }

    /// Leaves the rows in their order, for evaluation.
    #[must_use]
    pub fn in_order(mut self) -> Self {
        self.shuffle = false;
        self
    }

    /// Leaves out a last batch that is not full.
    #[must_use]
    pub fn drop_last(mut self) -> Self {
        self.drop_last = true;
        self
    }

    /// How many rows a full batch has.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// How many batches an epoch has.
    #[must_use]
    pub fn per_epoch(&self) -> usize {
        if self.drop_last { self.rows / self.size } else { self.rows.div_ceil(self.size) }
    }

    /// What a person should know about a batch size of `wanted`: that it exceeds the rows, if it does.
    #[must_use]
    pub fn note(rows: usize, wanted: usize) -> Option<String> {
        (wanted > rows).then(|| {
            format!("batch_size = {wanted} exceeds the {rows} training rows: each epoch is one batch")
        })
    }

    /// The batches of an epoch, each a list of row numbers.
    pub fn epoch(&mut self, epoch: u64) -> impl ExactSizeIterator<Item = &[usize]> + '_ {
        self.order.clear();
        self.order.extend(0..self.rows);
        if self.shuffle {
            self.seed.named("epoch").at(epoch).generator().shuffle(&mut self.order);
        }
        let kept = if self.drop_last { self.per_epoch() * self.size } else { self.rows };
        self.order[..kept].chunks(self.size)
    }
}
