//! What has to hold before a product reads through pointers.

/// Panics unless the operands, given as (length, strides), hold their matrices and entries of the result are distinct.
#[track_caller]
#[inline]
pub(super) fn check([m, k, n]: [usize; 3], a: (usize, Strides), b: (usize, Strides), c: (usize, Strides)) {
    check_extent("left operand", a.0, m, k, a.1);
    check_extent("right operand", b.0, k, n, b.1);
    check_extent("result", c.0, m, n, c.1);
    check_distinct(m, n, c.1);
}

/// (row, column) distances in elements.
type Strides = (usize, usize);

#[track_caller]
#[inline]
pub(super) fn check_extent(
    operand: &str,
    length: usize,
    rows: usize,
    columns: usize,
    strides: (usize, usize),
) {
    if rows == 0 || columns == 0 {
        return;
    }
    let last = (rows - 1).checked_mul(strides.0).zip((columns - 1).checked_mul(strides.1));
    let fits = last.and_then(|(r, c)| r.checked_add(c)).is_some_and(|last| last < length);
    assert!(
        fits,
        "gemm: {operand} [{rows}, {columns}] with strides {strides:?} does not fit into {length} elements"
    );
}

#[track_caller]
#[inline]
pub(super) fn check_distinct(m: usize, n: usize, (row, column): (usize, usize)) {
    let rows_apart = (n == 1 || column > 0) && (m == 1 || row > (n.max(1) - 1) * column);
    let columns_apart = (m == 1 || row > 0) && (n == 1 || column > (m.max(1) - 1) * row);
    assert!(
        m == 0 || n == 0 || rows_apart || columns_apart,
        "gemm: entries of the result [{m}, {n}] overlap with strides {:?}",
        (row, column)
    );
}

/// Panics unless contiguous operands of these lengths fill their matrices.
#[track_caller]
#[inline]
pub(super) fn check_exact([m, k, n]: [usize; 3], a: usize, b: usize, c: usize) {
    assert!(
        a == m * k && b == k * n && c == m * n,
        "matmul: [{m}, {k}] times [{k}, {n}] needs slices of {}, {} and {}, got {a}, {b} and {c}",
        m * k,
        k * n,
        m * n,
    );
}
