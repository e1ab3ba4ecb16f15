//! Tiles of AMX: whether the machine has them, and the sums of a block of up to two by two.
#![expect(unsafe_code, reason = "instructions without stable intrinsics, and a call of the system")]

use std::arch::asm;
use std::arch::x86_64::{__cpuid, __cpuid_count, _xgetbv};
use std::sync::OnceLock;

use super::super::super::Level;
use super::{SIDE, TILE};

/// Whether products may use tiles: the processor and the system have them, and the system lets this process use them.
/// Asked once, then remembered.
pub(super) fn is_usable() -> bool {
    static ANSWER: OnceLock<bool> = OnceLock::new();
    Level::detected() == Level::Avx512 && *ANSWER.get_or_init(|| has_tiles() && may_use_tiles())
}

/// AMX-TILE and AMX-BF16 in the processor, and both states of tiles kept by the system (Intel SDM, volume 1, 18.2).
fn has_tiles() -> bool {
    const OSXSAVE: u32 = 1 << 27;
    const AMX_BF16: u32 = 1 << 22;
    const AMX_TILE: u32 = 1 << 24;
    const KEPT: u64 = 1 << 17 | 1 << 18;
    if !is_x86_feature_detected!("avx512bf16") || !is_x86_feature_detected!("xsave") {
        return false;
    }
    #[allow(unused_unsafe, reason = "safe since Rust 1.94")]
    // SAFETY: every x86-64 has the instruction.
    let (first, seventh) = unsafe { (__cpuid(1).ecx, __cpuid_count(7, 0).edx) };
    let named = first & OSXSAVE != 0 && seventh & AMX_BF16 != 0 && seventh & AMX_TILE != 0;
    // SAFETY: `OSXSAVE` says that the instruction may be used.
    named && unsafe { _xgetbv(0) } & KEPT == KEPT
}

/// Asks Linux for room for tiles in this process (`arch_prctl(ARCH_REQ_XCOMP_PERM, 18)`, Documentation/arch/x86/xstate.rst).
#[cfg(target_os = "linux")]
fn may_use_tiles() -> bool {
    const ARCH_PRCTL: i64 = 158;
    const ARCH_REQ_XCOMP_PERM: u64 = 0x1023;
    const TILE_DATA: u64 = 18;
    let answer: i64;
    // SAFETY: the call changes nothing but what this process may use; the registers are those of the system's calls.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") ARCH_PRCTL => answer,
            in("rdi") ARCH_REQ_XCOMP_PERM,
            in("rsi") TILE_DATA,
            out("rcx") _,
            out("r11") _,
            options(nostack),
        );
    }
    answer == 0
}

#[cfg(not(target_os = "linux"))]
fn may_use_tiles() -> bool {
    false
}

/// Eight tiles of sixteen rows of 64 bytes, set up until it is dropped: code that does not use tiles is then not slowed
/// by keeping their state.
#[derive(Debug)]
pub(super) struct Tiles(());

impl Tiles {
    /// # Safety
    /// [`is_usable`] said yes.
    pub(super) unsafe fn set_up() -> Self {
        #[repr(C, align(64))]
        struct Config {
            palette: u8,
            start: u8,
            reserved: [u8; 14],
            row_bytes: [u16; 16],
            rows: [u8; 16],
        }
        let mut config =
            Config { palette: 1, start: 0, reserved: [0; 14], row_bytes: [0; 16], rows: [0; 16] };
        config.row_bytes[..8].fill(64);
        config.rows[..8].fill(SIDE as u8);
        // SAFETY: the machine has the instruction, and the configuration is one it takes.
        unsafe { asm!("ldtilecfg [{}]", in(reg) &raw const config, options(nostack)) };
        Self(())
    }
}

impl Drop for Tiles {
    fn drop(&mut self) {
        // SAFETY: tiles were set up on this thread.
        unsafe { asm!("tilerelease", options(nostack)) };
    }
}

/// A block of `ROWS` by `COLUMNS` tiles of the result.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block {
    /// Packed tiles of the left operand, those of each step along the inner side together.
    pub(super) a: *const u32,
    /// The same of the right operand.
    pub(super) b: *const u32,
    /// Steps along the inner side.
    pub(super) steps: usize,
    pub(super) c: *mut f32,
    /// From row to row, in numbers.
    pub(super) c_stride: usize,
    /// Whether sums go on from what the result holds.
    pub(super) goes_on: bool,
}

/// A function that adds up a block: the tiles it has, then instructions for its sums: start anew, start from the result,
/// one step along the inner side, end.
macro_rules! block {
    ($name:ident, $rows:literal x $columns:literal, $zero:literal, $load:literal, $step:literal, $store:literal) => {
        /// # Safety
        /// Tiles are set up, `steps` is not zero, all packed tiles are there, and the block of the result is whole.
        unsafe fn $name(block: &Block) {
            let lower = block.c.wrapping_add(SIDE * block.c_stride);
            // SAFETY: the caller's promise; the registers of all tiles used are named as changed.
            unsafe {
                asm!(
                    "test {goes_on}, {goes_on}",
                    "jnz 2f",
                    $zero,
                    "jmp 3f",
                    "2:",
                    $load,
                    "3:",
                    $step,
                    "add {a}, {a_step}",
                    "add {b}, {b_step}",
                    "dec {steps}",
                    "jnz 3b",
                    $store,
                    goes_on = in(reg) u64::from(block.goes_on),
                    a = inout(reg) block.a => _,
                    b = inout(reg) block.b => _,
                    steps = inout(reg) block.steps => _,
                    upper = in(reg) block.c,
                    lower = in(reg) lower,
                    stride = in(reg) block.c_stride * size_of::<f32>(),
                    line = in(reg) 64_usize,
                    a_step = const $rows * TILE * size_of::<u32>(),
                    b_step = const $columns * TILE * size_of::<u32>(),
                    out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
                    out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
                    options(nostack),
                );
            }
        }
    };
}

block!(
    two_by_two, 2 x 2,
    "tilezero tmm0\n tilezero tmm1\n tilezero tmm2\n tilezero tmm3",
    "tileloadd tmm0, [{upper} + {stride}]\n tileloadd tmm1, [{upper} + {stride} + 64]
     tileloadd tmm2, [{lower} + {stride}]\n tileloadd tmm3, [{lower} + {stride} + 64]",
    "tileloadd tmm4, [{a} + {line}]\n tileloadd tmm6, [{b} + {line}]\n tdpbf16ps tmm0, tmm4, tmm6
     tileloadd tmm7, [{b} + {line} + 1024]\n tdpbf16ps tmm1, tmm4, tmm7
     tileloadd tmm5, [{a} + {line} + 1024]\n tdpbf16ps tmm2, tmm5, tmm6\n tdpbf16ps tmm3, tmm5, tmm7",
    "tilestored [{upper} + {stride}], tmm0\n tilestored [{upper} + {stride} + 64], tmm1
     tilestored [{lower} + {stride}], tmm2\n tilestored [{lower} + {stride} + 64], tmm3"
);
block!(
    two_by_one, 2 x 1,
    "tilezero tmm0\n tilezero tmm2",
    "tileloadd tmm0, [{upper} + {stride}]\n tileloadd tmm2, [{lower} + {stride}]",
    "tileloadd tmm4, [{a} + {line}]\n tileloadd tmm6, [{b} + {line}]\n tdpbf16ps tmm0, tmm4, tmm6
     tileloadd tmm5, [{a} + {line} + 1024]\n tdpbf16ps tmm2, tmm5, tmm6",
    "tilestored [{upper} + {stride}], tmm0\n tilestored [{lower} + {stride}], tmm2"
);
block!(
    one_by_two, 1 x 2,
    "tilezero tmm0\n tilezero tmm1",
    "tileloadd tmm0, [{upper} + {stride}]\n tileloadd tmm1, [{upper} + {stride} + 64]",
    "tileloadd tmm4, [{a} + {line}]\n tileloadd tmm6, [{b} + {line}]\n tdpbf16ps tmm0, tmm4, tmm6
     tileloadd tmm7, [{b} + {line} + 1024]\n tdpbf16ps tmm1, tmm4, tmm7",
    "tilestored [{upper} + {stride}], tmm0\n tilestored [{upper} + {stride} + 64], tmm1\n # {lower}"
);
block!(
    one_by_one, 1 x 1,
    "tilezero tmm0",
    "tileloadd tmm0, [{upper} + {stride}]",
    "tileloadd tmm4, [{a} + {line}]\n tileloadd tmm6, [{b} + {line}]\n tdpbf16ps tmm0, tmm4, tmm6",
    "tilestored [{upper} + {stride}], tmm0\n # {lower}"
);

impl Block {
    /// Adds up a block of that many tiles, one or two each way.
    ///
    /// # Safety
    /// Tiles are set up, `steps` is not zero, all packed tiles are there, and the block of the result is whole.
    #[inline]
    pub(super) unsafe fn run(&self, rows: usize, columns: usize) {
        // SAFETY: the caller's promise.
        unsafe {
            match (rows, columns) {
                (1, 1) => one_by_one(self),
                (1, _) => one_by_two(self),
                (_, 1) => two_by_one(self),
                _ => two_by_two(self),
            }
        }
    }
}
