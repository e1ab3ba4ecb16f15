//! Pooling of images `[rows, height, width, channels]`: the largest or the mean under windows.

use tunesmith_tensor::Shape;
use tunesmith_tensor::kernel::Real;
use tunesmith_tensor::kernel::pool::{self, Pool};

use crate::op::{Call, Primitive, Site};
use crate::{Var, gradient_cases};

/// The largest of each window.
#[derive(Clone, Debug)]
pub struct MaxPool(pub Pool);

/// From the image, its pooled image and the derivative by that, the derivative by the image.
#[derive(Clone, Debug)]
pub struct MaxPoolGradient(pub Pool);

/// From an image, its pooled image and another image, what stands in the other where the first is largest.
#[derive(Clone, Debug)]
pub struct PickMax(pub Pool);

/// The mean of each window.
#[derive(Clone, Debug)]
pub struct MeanPool(pub Pool);

/// From a pooled image, the image in which every pixel has its share: the derivative of [`MeanPool`].
#[derive(Clone, Debug)]
pub struct MeanPoolGradient(pub Pool);

fn pooled(pool: &Pool, image: &Shape) -> Result<Shape, String> {
    match image.dims() {
        &[rows, height, width, channels]
            if [height, width, channels] == [pool.rows.size(), pool.columns.size(), pool.channels] =>
        {
            Ok(Shape::from([rows, pool.rows.count(), pool.columns.count(), channels]))
        }
        _ => Err(format!(
            "images [rows, {}, {}, {}] are needed, found {image}",
            pool.rows.size(),
            pool.columns.size(),
            pool.channels
        )),
    }
}

fn window(pool: &Pool) -> u64 {
    let longest = |windows: &pool::Windows| windows.ranges().iter().map(ExactSizeIterator::len).max();
    (longest(&pool.rows).unwrap_or(0) * longest(&pool.columns).unwrap_or(0)) as u64
}

impl Primitive for MaxPool {
    const NAME: &'static str = "max_pool";

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        pooled(&self.0, &inputs[0])
    }

    fn run<T: Real>(&self, call: Call<'_, T>) {
        pool::max(&self.0, call.inputs[0], call.out);
    }

    fn derivative(&self, site: &Site<'_>) -> Vec<Option<Var>> {
        let x = &site.inputs[0];
        vec![Some(x.graph().apply(MaxPoolGradient(self.0.clone()), &[x, site.output, site.gradient]))]
    }

    fn flops(&self, _inputs: &[Shape], output: &Shape) -> u64 {
        window(&self.0) * output.numel() as u64
    }
}

impl Primitive for MaxPoolGradient {
    const NAME: &'static str = "max_pool_gradient";

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        pooled(&self.0, &inputs[0]).map(|_| inputs[0])
    }

    fn run<T: Real>(&self, call: Call<'_, T>) {
        let &[x, y, gradient] = call.inputs else { unreachable!("three operands") };
        pool::max_back(&self.0, x, y, gradient, call.out, call.scratch);
    }

    fn derivative(&self, site: &Site<'_>) -> Vec<Option<Var>> {
        let (x, y) = (&site.inputs[0], &site.inputs[1]);
        let by_gradient = || x.graph().apply(PickMax(self.0.clone()), &[x, y, site.gradient]);
        vec![None, None, site.wanted[2].then(by_gradient)]
    }

    fn scratch(&self, _inputs: &[Shape], _output: &Shape) -> usize {
        self.0.channels
    }

    fn flops(&self, inputs: &[Shape], _output: &Shape) -> u64 {
        3 * window(&self.0) * inputs[1].numel() as u64
    }
}

impl Primitive for PickMax {
    const NAME: &'static str = "pick_max";

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        pooled(&self.0, &inputs[0]).map(|_| inputs[1])
    }

    fn run<T: Real>(&self, call: Call<'_, T>) {
        let &[x, y, from] = call.inputs else { unreachable!("three operands") };
        pool::pick_max(&self.0, x, y, from, call.out, call.scratch);
    }

    fn derivative(&self, site: &Site<'_>) -> Vec<Option<Var>> {
        let (x, y) = (&site.inputs[0], &site.inputs[1]);
        let by_from = || x.graph().apply(MaxPoolGradient(self.0.clone()), &[x, y, site.gradient]);
        vec![None, None, site.wanted[2].then(by_from)]
    }

    fn scratch(&self, _inputs: &[Shape], _output: &Shape) -> usize {
        self.0.channels
    }
}

impl Primitive for MeanPool {
    const NAME: &'static str = "mean_pool";

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        pooled(&self.0, &inputs[0])
    }

    fn run<T: Real>(&self, call: Call<'_, T>) {
        pool::mean(&self.0, call.inputs[0], call.out);
    }

    fn derivative(&self, site: &Site<'_>) -> Vec<Option<Var>> {
        vec![Some(site.gradient.graph().apply(MeanPoolGradient(self.0.clone()), &[site.gradient]))]
    }

    fn flops(&self, _inputs: &[Shape], output: &Shape) -> u64 {
        window(&self.0) * output.numel() as u64
    }
}

impl Primitive for MeanPoolGradient {
    const NAME: &'static str = "mean_pool_gradient";

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        let pool = &self.0;
        let image = [inputs[0].dims()[0], pool.rows.size(), pool.columns.size(), pool.channels];
        Ok(Shape::from(image))
    }

    fn run<T: Real>(&self, call: Call<'_, T>) {
        pool::mean_back(&self.0, call.inputs[0], call.out);
    }

    fn derivative(&self, site: &Site<'_>) -> Vec<Option<Var>> {
        vec![Some(site.gradient.mean_pool(self.0.clone()))]
    }

    fn flops(&self, inputs: &[Shape], _output: &Shape) -> u64 {
        window(&self.0) * inputs[0].numel() as u64
    }
}

impl Var {
    /// The largest of each window of images `[rows, height, width, channels]`.
    ///
    /// # Panics
    /// When this does not have the sizes of the pooling.
    #[must_use]
    #[track_caller]
    pub fn max_pool(&self, pool: Pool) -> Self {
        self.graph.apply(MaxPool(pool), &[self])
    }

    /// The mean of each window of images `[rows, height, width, channels]`.
    ///
    /// # Panics
    /// When this does not have the sizes of the pooling.
    #[must_use]
    #[track_caller]
    pub fn mean_pool(&self, pool: Pool) -> Self {
        self.graph.apply(MeanPool(pool), &[self])
    }
}

#[cfg(test)]
mod tests {
    use tunesmith_tensor::kernel::pool::{Pool, Windows};

    use crate::Graph;

    #[test]
    fn the_first_of_the_largest_gets_the_derivative() {
        let graph = Graph::new();
        let x = graph.param("x", [1, 1, 4, 1]);
        let pool = Pool {
            rows: Windows::sliding(1, 1, 1, 0, 0).unwrap(),
            columns: Windows::sliding(4, 2, 2, 0, 0).unwrap(),
            channels: 1,
            divisor: None,
        };
        let slope = &graph.gradient(&x.max_pool(pool).sum(), &[&x])[0];
        assert_eq!(graph.evaluate(&[slope], &[2.0, 2.0, 1.0, 3.0])[0], [1.0, 0.0, 0.0, 1.0]);
    }
}

/// A pooling with windows that overlap, for the gradient check.
fn overlapping(divisor: Option<usize>) -> Pool {
    let windows =
        |size, window, stride| pool::Windows::sliding(size, window, stride, 1, 1).expect("such windows fit");
    Pool { rows: windows(4, 3, 2), columns: windows(5, 2, 2), channels: 2, divisor }
}

gradient_cases! {
    "max_pool" [[2, 4, 5, 2]] |x| x[0].max_pool(overlapping(None)).square();
    "mean_pool" [[2, 4, 5, 2]] |x| x[0].mean_pool(overlapping(None)).square();
    "mean_pool, padding counted" [[1, 4, 5, 2]] |x| x[0].mean_pool(overlapping(Some(6))).square();
}
