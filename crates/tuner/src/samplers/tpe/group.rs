//! Groups of dimensions that are modelled together, and how their best points make whole suggestions.

use tunesmith_core::{Dimension, Generator, Params, Space};

use super::axis::Axis;
use super::density::log_density;
use super::order::{BELOW, NOWHERE, Orders, Sorted};
use super::parzen::Parzen;
use super::split::Split;
use crate::History;

/// What is kept from one suggestion to the next; it saves time and changes nothing.
#[derive(Debug, Default)]
pub(super) struct Memory {
    orders: Orders,
    tags: Vec<u32>,
    sorted: (Sorted, Sorted),
    below: Parzen,
    above: Parzen,
}

impl Memory {
    /// Takes the trials that the next groups are fitted to.
    pub(super) fn learn(&mut self, history: &History, split: &Split) {
        let mut members: Vec<u32> = split.below.iter().chain(&split.above).copied().collect();
        members.sort_unstable();
        self.orders.take(members, history.trials().len());
        self.tags.clear();
        self.tags.resize(history.trials().len(), NOWHERE);
    }

    /// Fits both densities to the trials that have all dimensions of a group.
    pub(super) fn fit(&mut self, axes: &[Axis<'_>], columns: &[(usize, &[f64])], split: &Split) {
        let known = |place: u32| columns.iter().all(|(_, column)| column[place as usize].is_finite());
        for (places, bit, parzen) in
            [(&split.below, BELOW, &mut self.below), (&split.above, 0, &mut self.above)]
        {
            let mut n = 0;
            for &place in places {
                self.tags[place as usize] = if known(place) {
                    n += 1;
                    (n - 1) | bit
                } else {
                    NOWHERE
                };
            }
            parzen.begin(n as usize);
        }
        let (below, above) = (&mut self.sorted.0, &mut self.sorted.1);
        for (axis, (dimension, column)) in axes.iter().zip(columns) {
            match axis {
                Axis::Range { low, high, .. } => {
                    self.orders.deal(*dimension, column, &self.tags, below, above);
                    below.clamp(*low, *high);
                    above.clamp(*low, *high);
                }
                // Options have no order that matters.
                Axis::Choice { .. } => {
                    for (places, sorted) in [(&split.below, &mut *below), (&split.above, &mut *above)] {
                        sorted.clear();
                        let tags = places.iter().map(|place| (place, self.tags[*place as usize]));
                        let known = tags.filter(|(_, tag)| *tag != NOWHERE);
                        known.for_each(|(place, tag)| sorted.push(column[*place as usize], tag & !BELOW));
                    }
                }
            }
            self.below.fit(axis, below);
            self.above.fit(axis, above);
        }
        self.below.finish();
        self.above.finish();
    }

    /// The logarithms of both densities at points.
    #[cfg(test)]
    pub(super) fn log_densities(&self, axes: &[Axis<'_>], points: &[Vec<f64>]) -> [Vec<f64>; 2] {
        [log_density(&self.below, axes, points), log_density(&self.above, axes, points)]
    }
}

/// The groups of a space, parents first, each with its points once somebody asks for them.
#[derive(Debug)]
pub(super) struct Groups<'a> {
    history: &'a History,
    split: &'a Split,
    candidates: usize,
    memory: &'a mut Memory,
    groups: Vec<Group<'a>>,
}

#[derive(Debug)]
struct Group<'a> {
    dimensions: Vec<&'a Dimension>,
    ranked: Option<Ranked<'a>>,
}

/// Points of a group, by axis, and their places from the best on.
#[derive(Debug)]
struct Ranked<'a> {
    axes: Vec<Axis<'a>>,
    points: Vec<Vec<f64>>,
    order: Vec<usize>,
}

impl<'a> Groups<'a> {
    /// Dimensions that exist under the same conditions, in the order of each group's first; or each by itself.
    pub(super) fn new(
        space: &'a Space,
        history: &'a History,
        split: &'a Split,
        together: bool,
        candidates: usize,
        memory: &'a mut Memory,
    ) -> Self {
        let mut groups: Vec<Group<'a>> = Vec::new();
        for dimension in space.dimensions() {
            match groups.iter_mut().find(|group| together && group.dimensions[0].when == dimension.when) {
                Some(group) => group.dimensions.push(dimension),
                None => groups.push(Group { dimensions: vec![dimension], ranked: None }),
            }
        }
        Self { history, split, candidates: candidates.max(1), memory, groups }
    }

    /// Suggestions from the best on: first every group's best point, then with one group's next ones, children before
    /// parents.
    pub(super) fn ranked(&mut self, generator: &mut Generator) -> impl Iterator<Item = Params> {
        let candidates = self.candidates;
        let others =
            (0..self.groups.len()).rev().flat_map(move |group| (1..candidates).map(move |r| (group, r)));
        std::iter::once((0, 0))
            .chain(others)
            .filter_map(move |(group, rank)| self.compose(group, rank, generator))
    }

    /// The suggestion of every group's best point but for one group; `None` when that group does not exist in it, or has
    /// no such point.
    fn compose(&mut self, varied: usize, rank: usize, generator: &mut Generator) -> Option<Params> {
        let mut params = Params::new();
        let mut is_there = rank == 0;
        for place in 0..self.groups.len() {
            let group = &self.groups[place];
            if !group.dimensions[0].when.iter().all(|condition| condition.holds(&params)) {
                continue;
            }
            if group.ranked.is_none() {
                let ranked = self.rank(place, generator);
                self.groups[place].ranked = Some(ranked);
            }
            let group = &self.groups[place];
            let Ranked { axes, points, order } = group.ranked.as_ref()?;
            let rank = if place == varied { rank } else { 0 };
            is_there |= place == varied;
            let point = *order.get(rank)?;
            let mut chosen = axes.iter().zip(points).map(|(axis, points)| axis.value(points[point]));
            for dimension in &group.dimensions {
                let value =
                    if is_single(dimension) { Some(dimension.domain.place(0.5)) } else { chosen.next() };
                params.insert(dimension.key.clone(), value?);
            }
        }
        is_there.then_some(params)
    }

    /// Points drawn from what is good, by how much likelier they are there than elsewhere.
    fn rank(&mut self, place: usize, generator: &mut Generator) -> Ranked<'a> {
        let dimensions = &self.groups[place].dimensions;
        let open: Vec<&'a Dimension> = dimensions.iter().copied().filter(|d| !is_single(d)).collect();
        let axes: Vec<Axis<'a>> = open.iter().map(|dimension| Axis::new(&dimension.domain)).collect();
        let mut points = vec![Vec::new(); axes.len()];
        let mut order = vec![0];
        if !open.is_empty() {
            let column = |dimension: &&Dimension| {
                let known = self.history.space().dimensions();
                let place = known.iter().position(|other| other.key == dimension.key)?;
                Some((place, self.history.column(&dimension.key)?))
            };
            let columns: Option<Vec<_>> = open.iter().map(column).collect();
            let columns =
                columns.expect("a sampler is asked for a space and a history of the same dimensions");
            self.memory.fit(&axes, &columns, self.split);
            let (below, above) = (&self.memory.below, &self.memory.above);
            points = below.draw(&axes, generator, self.candidates);
            let gains: Vec<f64> = log_density(below, &axes, &points)
                .into_iter()
                .zip(log_density(above, &axes, &points))
                .map(|(below, above)| below - above)
                .collect();
            order = (0..self.candidates).collect();
            order.sort_by(|a, b| gains[*b].total_cmp(&gains[*a])); // the first of equals stays first
        }
        Ranked { axes, points, order }
    }
}

fn is_single(dimension: &Dimension) -> bool {
    dimension.domain.size() == Some(1)
}
