//! Memory: every value gets its place in one arena; two values may share a place when they never live at once.
//!
//! Largest first, each at the lowest place where no value that lives at the same time lies (greedy by size, as in
//! Pisarchyk & Lee, "Efficient memory management for deep neural net inference", 2020).

use tunesmith_tensor::kernel::Place;

use super::{Draft, storage};
use crate::graph::Node;

/// Places start at multiples of this many elements: 64 bytes of f32.
const ALIGN: usize = 16;

/// Where every value and every step's scratch room lies.
pub(super) struct Layout {
    places: Vec<Option<Place>>,
    scratch: Vec<Place>,
    len: usize,
}

impl Layout {
    pub(super) fn place(&self, id: usize) -> Place {
        self.places[id].expect("a computed value has a place")
    }
    pub(super) fn scratch(&self, step: usize) -> Place {
        self.scratch[step]
    }
    pub(super) fn len(&self) -> usize {
        self.len
    }
}

/// A stretch wanted from the first to the last step, both included.
struct Life {
    owner: Owner,
    size: usize,
    first: usize,
    last: usize,
}

#[derive(Clone, Copy)]
enum Owner {
    Value(usize),
    Scratch(usize),
}

pub(super) fn layout(nodes: &[Node], drafts: &[Draft], kept: &[usize]) -> Layout {
    let mut last_use = vec![0; nodes.len()];
    for (step, draft) in drafts.iter().enumerate() {
        for &input in &draft.inputs {
            last_use[storage(nodes, input)] = step;
        }
    }
    for &id in kept {
        last_use[storage(nodes, id)] = drafts.len(); // read after the run
    }
    let mut lives = Vec::new();
    for (step, draft) in drafts.iter().enumerate() {
        if draft.gradient.is_none() {
            let size = nodes[draft.id].shape.numel();
            lives.push(Life {
                owner: Owner::Value(draft.id),
                size,
                first: step,
                last: last_use[draft.id].max(step),
            });
        }
        let shapes: Vec<_> = draft.inputs.iter().map(|&id| nodes[id].shape).collect();
        let size = draft.op.scratch(&shapes, &nodes[draft.id].shape);
        lives.push(Life { owner: Owner::Scratch(step), size, first: step, last: step });
    }
    lives.sort_by_key(|life| std::cmp::Reverse(life.size)); // stable: equal sizes stay in order

    let mut layout =
        Layout { places: vec![None; nodes.len()], scratch: vec![Place::new(0, 0); drafts.len()], len: 0 };
    let mut placed: Vec<(Place, usize, usize)> = Vec::new();
    for life in lives {
        let mut neighbours: Vec<Place> = placed
            .iter()
            .filter(|(_, first, last)| *first <= life.last && life.first <= *last)
            .map(|(place, ..)| *place)
            .collect();
        neighbours.sort_by_key(|place| place.offset);
        let mut offset = 0;
        for neighbour in neighbours {
            if offset + life.size <= neighbour.offset {
                break;
            }
            offset = offset.max((neighbour.offset + neighbour.len).next_multiple_of(ALIGN));
        }
        let place = Place::new(offset, life.size);
        match life.owner {
            Owner::Value(id) => layout.places[id] = Some(place),
            Owner::Scratch(step) => layout.scratch[step] = place,
        }
        if life.size > 0 {
            layout.len = layout.len.max(offset + life.size);
            placed.push((place, life.first, life.last));
        }
    }
    layout
}
