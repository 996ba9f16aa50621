//! `mtlrt_module.h` and the rows of `mtlrt_ops.h` that this plugin uses, in Rust.

use core::ffi::{c_char, c_void};

pub const MAGIC: u32 = 0x4D4C_544D;
pub const ABI: u32 = 1;
pub const RANK_MAX: usize = 8;
pub const STAGES_MAX: usize = 8;
pub const ABSENT: u32 = 0xFFFF_FFFF;

pub const OK: i32 = 0;
pub const NO: i32 = 1;
pub const ERROR: i32 = 2;

pub const F32: u32 = 1;

pub const BATCH_INVARIANT: u64 = 1 << 0;
pub const PACKED_LASTS: u64 = 1 << 1;

pub const OP_DENSE: u32 = 2;
pub const OP_RELU: u32 = 9;

#[repr(C)]
pub struct Error {
    pub code: i32,
    pub text: [c_char; 252],
}

#[repr(C)]
pub struct Tensor {
    pub element: u32,
    pub rank: u32,
    pub dim: [u64; RANK_MAX],
    pub data: *const c_void,
    pub scale: *const f32,
    pub last_reader: u32,
    pub reserved: u32,
}

#[repr(C)]
pub struct Op {
    pub code: u32,
    pub n_in: u32,
    pub n_attr: u32,
    pub out: u32,
    pub inputs: *const u32,
    pub attr: *const i64,
}

#[repr(C)]
pub struct Chain {
    pub size: u32,
    pub n_op: u32,
    pub n_tensor: u32,
    pub batch: u32,
    pub op: *const Op,
    pub tensor: *const Tensor,
    pub threads: u32,
    pub reserved: u32,
}

#[repr(C)]
pub struct Plan {
    pub size: u32,
    pub take: u32,
    pub stages: u32,
    pub in_place: u32,
    pub parts: [u32; STAGES_MAX],
    pub packed_bytes: u64,
    pub scratch_bytes: u64,
    pub local_bytes: u64,
    pub opaque: [u64; 8],
}

#[repr(C)]
pub struct Call {
    pub instance: *mut c_void,
    pub chain: *const Chain,
    pub plan: *const Plan,
    pub packed: *const c_void,
    pub scratch: *mut c_void,
    pub value: *const *mut c_void,
}

#[repr(C)]
pub struct Module {
    pub magic: u32,
    pub size: u32,
    pub abi: u32,
    pub rank: u32,
    pub cpu_need: [u64; 2],
    pub name: [u8; 16],
    pub build: [u8; 48],
    pub open: Option<unsafe extern "C" fn(*mut *mut c_void, *mut Error) -> i32>,
    pub plan:
        Option<unsafe extern "C" fn(*mut c_void, *const Chain, *mut Plan, *mut Error) -> i32>,
    pub pack: Option<
        unsafe extern "C" fn(
            *mut c_void,
            *const Chain,
            *const Plan,
            *mut c_void,
            *mut Error,
        ) -> i32,
    >,
    pub run: Option<unsafe extern "C" fn(*const Call, u32, u32, *mut c_void) -> i32>,
    pub close: Option<unsafe extern "C" fn(*mut c_void)>,
    pub flags: u64,
    pub explain: Option<unsafe extern "C" fn(*const Call, u32, u32, *mut c_void, *mut Error)>,
}

// Its pointers are to functions.
unsafe impl Sync for Module {}
