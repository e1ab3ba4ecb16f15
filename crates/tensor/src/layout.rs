//! `Layout`: where the elements of a view lie in its storage.

use crate::shape::{MAX_AXES, Shape};

/// Shape, strides and offset in elements: element `[i, j, ..]` is at `offset + i * strides[0] + ..`.
///
/// A stride of zero repeats an element: that is how broadcasting works without copying.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    pub(crate) shape: Shape,
    strides: [usize; MAX_AXES],
    pub(crate) offset: usize,
}

impl Layout {
    /// Row-major, without gaps, from the start of the storage.
    pub(crate) fn contiguous(shape: Shape) -> Layout {
        let mut strides = [0; MAX_AXES];
        let mut step = 1;
        for axis in (0..shape.ndim()).rev() {
            strides[axis] = step;
            step *= shape[axis];
        }
        Layout { shape, strides, offset: 0 }
    }

    pub(crate) fn strides(&self) -> &[usize] {
        &self.strides[..self.shape.ndim()]
    }

    /// Whether the elements lie in row-major order without gaps (from `offset` on).
    pub(crate) fn is_contiguous(&self) -> bool {
        let mut step = 1;
        for axis in (0..self.shape.ndim()).rev() {
            if self.shape[axis] != 1 && self.strides[axis] != step {
                return self.shape.numel() == 0;
            }
            step *= self.shape[axis];
        }
        true
    }

    /// The axes in another order; `axes` is a permutation.
    pub(crate) fn permute(&self, axes: &[usize]) -> Layout {
        let sizes: Vec<usize> = axes.iter().map(|&axis| self.shape[axis]).collect();
        let mut layout = Layout { shape: Shape::from(&sizes[..]), ..*self };
        for (stride, &axis) in layout.strides.iter_mut().zip(axes) {
            *stride = self.strides[axis];
        }
        layout
    }

    /// `count` elements of one axis from `start` on, every `step`-th.
    pub(crate) fn slice(&self, axis: usize, start: usize, count: usize, step: usize) -> Layout {
        let mut layout = *self;
        layout.strides[axis] *= step;
        layout.shape = self.shape.with_size(axis, count);
        layout.advance(start * self.strides[axis])
    }

    /// Without one axis, at index `index` of it.
    pub(crate) fn select(&self, axis: usize, index: usize) -> Layout {
        let mut layout = *self;
        layout.shape = self.shape.without_axis(axis);
        layout.strides.copy_within(axis + 1.., axis);
        layout.advance(index * self.strides[axis])
    }

    /// Moved on by `distance`; a layout without elements stays, or it could begin beyond its storage.
    fn advance(mut self, distance: usize) -> Layout {
        if self.shape.numel() > 0 {
            self.offset += distance;
        }
        self
    }

    /// With an axis of size one before `axis`.
    #[track_caller]
    pub(crate) fn unsqueeze(&self, axis: usize) -> Layout {
        let mut layout = Layout { shape: self.shape.with_axis(axis, 1), ..*self };
        layout.strides.copy_within(axis..MAX_AXES - 1, axis + 1);
        layout.strides[axis] = 0;
        layout
    }

    /// Stretched to `shape`, which `self.shape` broadcasts to.
    pub(crate) fn expand(&self, shape: Shape) -> Layout {
        let mut layout = Layout { shape, strides: [0; MAX_AXES], offset: self.offset };
        let new = shape.ndim() - self.shape.ndim();
        for axis in 0..self.shape.ndim() {
            if self.shape[axis] == shape[new + axis] {
                layout.strides[new + axis] = self.strides[axis];
            }
        }
        layout
    }

    /// The same elements under another shape, when strides can say so. `shape` has as many elements.
    pub(crate) fn reshape(&self, shape: Shape) -> Option<Layout> {
        if self.is_contiguous() {
            return Some(Layout { offset: self.offset, ..Layout::contiguous(shape) });
        }
        // Axes of size one carry no information; without them, each group of old axes must be one stretch.
        let old: Vec<(usize, usize)> = self
            .shape
            .iter()
            .copied()
            .zip(self.strides().iter().copied())
            .filter(|(size, _)| *size != 1)
            .collect();
        let mut layout = Layout { shape, strides: [0; MAX_AXES], offset: self.offset };
        let (mut i, mut axis) = (0, 0);
        while i < old.len() {
            let first = i;
            let (mut old_size, mut new_size) = (old[i].0, 1);
            let first_axis = axis;
            while axis < shape.ndim() && (new_size < old_size || shape[axis] == 1) {
                new_size *= shape[axis];
                axis += 1;
                while new_size > old_size && i + 1 < old.len() {
                    i += 1;
                    old_size *= old[i].0;
                }
            }
            if new_size != old_size || (first..i).any(|k| old[k].1 != old[k + 1].1 * old[k + 1].0) {
                return None;
            }
            let mut step = old[i].1;
            for axis in (first_axis..axis).rev() {
                layout.strides[axis] = step;
                step *= shape[axis];
            }
            i += 1;
        }
        Some(layout)
    }

    /// Storage places of all elements in row-major order.
    pub(crate) fn positions(&self) -> Positions<'_> {
        Positions { layout: self, index: [0; MAX_AXES], next: self.offset, left: self.shape.numel() }
    }

    /// Copies all elements in row-major order from the storage `data` into `out`.
    pub(crate) fn gather<T: Copy>(&self, data: &[T], out: &mut Vec<T>) {
        out.reserve(self.shape.numel());
        if self.is_contiguous() {
            out.extend_from_slice(&data[self.offset..self.offset + self.shape.numel()]);
            return;
        }
        // Not a scalar, or it would be contiguous: the last axis is one plain loop.
        let last = self.shape.ndim() - 1;
        let (length, stride) = (self.shape[last], self.strides[last]);
        let outer = Layout { shape: self.shape.without_axis(last), ..*self };
        for start in outer.positions() {
            match stride {
                1 => out.extend_from_slice(&data[start..start + length]),
                0 => out.extend(std::iter::repeat_n(data[start], length)),
                _ => out.extend(data[start..].iter().step_by(stride).take(length)),
            }
        }
    }
}

/// An odometer over the places of a layout.
#[derive(Debug)]
pub(crate) struct Positions<'a> {
    layout: &'a Layout,
    index: [usize; MAX_AXES],
    next: usize,
    left: usize,
}

impl Iterator for Positions<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        if self.left == 0 {
            return None;
        }
        let position = self.next;
        self.left -= 1;
        for axis in (0..self.layout.shape.ndim()).rev() {
            self.index[axis] += 1;
            self.next += self.layout.strides[axis];
            if self.index[axis] < self.layout.shape[axis] {
                break;
            }
            self.next -= self.index[axis] * self.layout.strides[axis];
            self.index[axis] = 0;
        }
        Some(position)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Positions<'_> {}
