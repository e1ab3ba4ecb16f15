//! Several losses at once: each output of a model with a loss of its own.

use crate::loss::find_loss;
use crate::plugin::*;

/// The weighted sum of losses, each on columns of its own of predictions and targets, side by side in the order of
/// `losses`.
///
/// A model with several outputs ends in what joins them, `{ parallel = { branches = [..] } }` with a branch for each; the
/// target columns stand in the same order. `columns` says how many each loss takes (evenly shared when it is empty),
/// `weights` how much each counts (one when it is empty), as Keras's `loss_weights`.
#[derive(Clone, Debug)]
pub(crate) struct Joint {
    losses: Vec<Plug>,
    columns: Vec<f64>,
    weights: Vec<f64>,
}

impl Default for Joint {
    fn default() -> Self {
        Self { losses: vec![Plug::new("mse")], columns: Vec::new(), weights: Vec::new() }
    }
}

/// A loss, how much it counts, and the columns it takes: the first, and how many.
type Part = (Box<dyn Loss>, f64, usize, usize);

impl Joint {
    /// The parts for so many columns.
    fn parts(&self, total: usize) -> Result<Vec<Part>, String> {
        let count = self.losses.len();
        let wide = |i: usize| match self.columns.get(i) {
            Some(&columns) => columns as usize,
            None => total / count,
        };
        let asked: usize = (0..count).map(wide).sum();
        if asked != total {
            return Err(format!("shares {asked} columns among its losses, the model puts out {total}"));
        }
        let mut first = 0;
        let part = |(i, plug): (usize, &Plug)| {
            let loss = find_loss(plug, &format!("training.loss.joint.losses.{i}"));
            let loss = loss.map_err(|error| error.to_string())?;
            first += wide(i);
            Ok((loss, self.weights.get(i).copied().unwrap_or(1.0), first - wide(i), wide(i)))
        };
        self.losses.iter().enumerate().map(part).collect()
    }

    /// The parts for a prediction, which was checked.
    #[track_caller]
    fn of(&self, prediction: &Var) -> Vec<Part> {
        let total = prediction.shape().dims().last().copied().unwrap_or(0);
        self.parts(total).unwrap_or_else(|why| panic!("joint: {why}"))
    }
}

impl Describe for Joint {
    const NAME: &'static str = "joint";
    const ABOUT: &'static str = "several outputs, each with a loss of its own";
    const PARAMS: &'static [Param<Self>] = &[
        Param::plugs("losses", "loss", |s: &mut Self| &mut s.losses, "a loss for each output, in order"),
        Param::floats(
            "columns",
            |s: &mut Self| &mut s.columns,
            "how many columns each takes; evenly if empty",
        )
        .valid(1.0, 1e7),
        Param::floats("weights", |s: &mut Self| &mut s.weights, "how much each counts; one if empty")
            .valid(0.0, 1e9),
    ];

    fn check(&self) -> Result<(), String> {
        let count = self.losses.len();
        if count == 0 {
            return Err("name a loss for each output: losses = [\"mse\", \"mae\"]".into());
        }
        for (name, list) in [("columns", &self.columns), ("weights", &self.weights)] {
            if !list.is_empty() && list.len() != count {
                return Err(format!("{name} lists {} numbers for {count} losses", list.len()));
            }
        }
        if let Some(part) = self.columns.iter().find(|columns| columns.fract() != 0.0) {
            return Err(format!("columns are whole numbers, found {part}"));
        }
        for plug in &self.losses {
            let loss = find_loss(plug, "losses").map_err(|error| error.to_string())?;
            if !matches!(loss.targets(), Targets::Numbers | Targets::Binary) {
                return Err(format!("{} is of classes; parts compare numbers, or zeros and ones", plug.name));
            }
        }
        Ok(())
    }
}

impl Loss for Joint {
    fn targets(&self) -> Targets {
        Targets::Numbers
    }

    fn value(&self, prediction: &Var, target: &Var, batch: &Batch) -> Var {
        let axis = prediction.rank() - 1;
        let value = |(loss, weight, first, count): Part| {
            loss.value(&prediction.slice(axis, first, count), &target.slice(axis, first, count), batch)
                * weight
        };
        let parts = self.of(prediction).into_iter().map(value);
        parts.reduce(|sum, part| sum + part).expect("at least one loss, which was checked")
    }

    fn check(&self, output: &Var) -> Result<(), String> {
        let shape = output.shape();
        let (axis, total) = (shape.dims().len() - 1, shape.dims().last().copied().unwrap_or(0));
        let parts = self.parts(total)?;
        parts.iter().try_for_each(|(loss, _, first, count)| loss.check(&output.slice(axis, *first, *count)))
    }

    fn interpret(&self, prediction: &Var) -> Var {
        let axis = prediction.rank() - 1;
        let shown: Vec<Var> = self
            .of(prediction)
            .iter()
            .map(|(loss, _, first, count)| loss.interpret(&prediction.slice(axis, *first, *count)))
            .collect();
        prediction.graph().concat(&shown.iter().collect::<Vec<_>>(), axis)
    }
}

register!(LossEntry, Joint);

#[cfg(test)]
mod tests {
    use tunesmith_core::Value;

    use super::*;

    fn joint(columns: &[f64]) -> Plug {
        let huber = Plug::new("huber").with("delta", 0.5);
        Plug::new("joint")
            .with("losses", vec![Value::from("mse"), huber.to_value()])
            .with("columns", columns.to_vec())
            .with("weights", vec![2.0, 0.25])
    }

    #[test]
    fn is_the_weighted_sum_of_its_parts() {
        let graph = Graph::new();
        let x = graph.param("x", [2, 3]);
        let target = graph.constant([2, 3], &[0.5, -1.0, 2.0, 0.0, 1.0, -2.0]);
        let (batch, alone) = (Batch::of(2), |name: &Plug| find_loss(name, "loss").unwrap());
        let whole = alone(&joint(&[1.0, 2.0])).value(&x, &target, &batch);
        let mse = alone(&Plug::new("mse")).value(&x.slice(1, 0, 1), &target.slice(1, 0, 1), &batch);
        let huber = Plug::new("huber").with("delta", 0.5);
        let huber = alone(&huber).value(&x.slice(1, 1, 2), &target.slice(1, 1, 2), &batch);
        let found = graph.evaluate(&[&whole, &mse, &huber], &[0.1, 0.2, 0.3, 0.4, 0.5, 0.6]);
        assert!((found[0][0] - (2.0 * found[1][0] + 0.25 * found[2][0])).abs() < 1e-15);
    }

    #[test]
    fn what_does_not_fit_is_said() {
        let graph = Graph::new();
        let x = graph.param("x", [2, 3]);
        let wrong = find_loss(&joint(&[1.0, 1.0]), "loss").unwrap().check(&x).unwrap_err();
        assert_eq!(wrong, "shares 2 columns among its losses, the model puts out 3");
        let classes = Plug::new("joint").with("losses", vec![Value::from("cross_entropy")]);
        let wrong = find_loss(&classes, "loss").unwrap_err().to_string();
        assert!(wrong.contains("cross_entropy is of classes"), "{wrong}");
    }
}
