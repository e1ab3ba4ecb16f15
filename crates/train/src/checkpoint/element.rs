//! The elements of a tensor in a file, whatever their type, as `f32`.

use safetensors::tensor::{Dtype, TensorView};

/// All elements; nothing for a type that weights do not have.
pub(super) fn numbers(view: &TensorView<'_>) -> Option<Vec<f32>> {
    let data = view.data();
    Some(match view.dtype() {
        Dtype::F32 => each(data, f32::from_le_bytes),
        Dtype::F64 => each(data, |bytes| f64::from_le_bytes(bytes) as f32),
        Dtype::BF16 => each(data, |bytes| f32::from_bits(u32::from(u16::from_le_bytes(bytes)) << 16)),
        Dtype::F16 => each(data, |bytes| half(u16::from_le_bytes(bytes))),
        Dtype::I64 => each(data, |bytes| i64::from_le_bytes(bytes) as f32),
        Dtype::I32 => each(data, |bytes| i32::from_le_bytes(bytes) as f32),
        _ => return None,
    })
}

fn each<const N: usize>(data: &[u8], read: impl Fn([u8; N]) -> f32) -> Vec<f32> {
    data.as_chunks().0.iter().map(|&bytes| read(bytes)).collect()
}

/// A half-precision number of IEEE 754: a sign, 5 bits of exponent, 10 of fraction.
fn half(bits: u16) -> f32 {
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f32::from(bits & 1023) / 1024.0);
    let size = match exponent {
        0 => fraction * 2_f32.powi(-14),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (1.0 + fraction) * 2_f32.powi(exponent - 15),
    };
    if bits >> 15 == 1 { -size } else { size }
}
