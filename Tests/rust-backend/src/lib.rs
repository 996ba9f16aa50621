//! A backend for MTL in Rust: relu, and dense with packed weights, alone or with the relu behind it
//! in the same step.
//!
//!     cargo build --release
//!     cp target/release/libmtlrt_rust.so PREFIX/lib/mtlrt/mtlrt-rust.so
//!     mtl-check PREFIX/lib/mtlrt/mtlrt-rust.so
//!
//! No function of a plugin may panic or abort. Here none can: the panic handler calls a function
//! that does not exist, so that whatever might panic does not link.
#![no_std]
#![allow(non_upper_case_globals)]

mod contract;

use contract::*;
use core::ffi::{c_char, c_void};

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    extern "C" {
        fn this_plugin_may_panic() -> !;
    }
    unsafe { this_plugin_may_panic() }
}

#[link(name = "c")]
extern "C" {}

/// Outputs of a dense layer that are computed side by side: a panel of the packed weights has, for
/// each input, the weights of so many outputs.
const LANES: usize = 16;
/// Elements of a relu that are one work item.
const GRAIN: u64 = 4096;

/// The contract of the pointers: the host's, good for the length of the call.
unsafe fn operator<'a>(chain: &Chain, index: u32) -> &'a Op {
    &*chain.op.add(index as usize)
}

unsafe fn tensor<'a>(chain: &Chain, index: u32) -> &'a Tensor {
    &*chain.tensor.add(index as usize)
}

/// The index of an input in the chain; None if it is absent.
unsafe fn input(op: &Op, index: u32) -> Option<u32> {
    if index >= op.n_in {
        return None;
    }
    match *op.inputs.add(index as usize) {
        ABSENT => None,
        place => Some(place),
    }
}

/// The element count of a tensor.
fn count(tensor: &Tensor) -> u64 {
    tensor.dim.iter().take(tensor.rank as usize).product()
}

unsafe fn refuse(error: *mut Error, reason: &[u8]) -> i32 {
    let text = &mut (*error).text;
    // The last character stays the zero that ends the text.
    for (to, from) in text.iter_mut().take(251).zip(reason) {
        *to = *from as c_char;
    }
    NO
}

/// Whether a relu is all that reads the result of the first operator.
unsafe fn fuses(chain: &Chain) -> bool {
    chain.n_op > 1
        && operator(chain, 1).code == OP_RELU
        && tensor(chain, operator(chain, 0).out).last_reader == 1
}

/// Shape of a dense layer.
struct Dense {
    rows: u64,
    length: usize,
    outputs: usize,
}

impl Dense {
    /// None if the operator is none that this plugin runs.
    unsafe fn new(chain: &Chain) -> Option<Dense> {
        let op = operator(chain, 0);
        let weights = tensor(chain, input(op, 1)?);
        if weights.element != F32 {
            return None;
        }
        let outputs = weights.dim[0] as usize;
        let result = count(tensor(chain, op.out));
        let rows = result.checked_div(outputs as u64)?;
        Some(Dense { rows, length: weights.dim[1] as usize, outputs })
    }

    fn panels(&self) -> usize {
        self.outputs.div_ceil(LANES)
    }
}

unsafe extern "C" fn plan(
    _: *mut c_void,
    chain: *const Chain,
    plan: *mut Plan,
    error: *mut Error,
) -> i32 {
    let (chain, plan) = (&*chain, &mut *plan);
    let op = operator(chain, 0);
    let parts;
    plan.take = 1;
    plan.stages = 1;
    if op.code == OP_RELU {
        parts = count(tensor(chain, op.out)).div_ceil(GRAIN);
        plan.in_place = 1;
    } else if op.code == OP_DENSE {
        let Some(dense) = Dense::new(chain) else {
            return refuse(error, b"weights other than f32");
        };
        if fuses(chain) {
            plan.take = 2;
        }
        // A work item is a panel of one row, so the bits do not depend on batch or threads.
        parts = dense.rows.saturating_mul(dense.panels() as u64);
        let floats = (dense.panels() as u64).saturating_mul((dense.length * LANES) as u64);
        plan.packed_bytes = floats.saturating_mul(4);
    } else {
        return refuse(error, b"relu and dense are all that it knows");
    }
    if parts > u64::from(u32::MAX) {
        return refuse(error, b"too large");
    }
    plan.parts[0] = parts as u32;
    OK
}

/// Panel after panel: for each input the weights of `LANES` outputs, 0 beyond the last output.
unsafe extern "C" fn pack(
    _: *mut c_void,
    chain: *const Chain,
    _: *const Plan,
    packed: *mut c_void,
    error: *mut Error,
) -> i32 {
    let chain = &*chain;
    let Some(dense) = Dense::new(chain) else {
        refuse(error, b"only dense layers have packed weights");
        return ERROR;
    };
    let Some(place) = input(operator(chain, 0), 1) else { return ERROR };
    let weights = tensor(chain, place).data.cast::<f32>();
    let mut to = packed.cast::<f32>();
    for panel in 0..dense.panels() {
        for k in 0..dense.length {
            for lane in 0..LANES {
                let output = panel * LANES + lane;
                *to = match output < dense.outputs {
                    true => *weights.add(output * dense.length + k),
                    false => 0.0,
                };
                to = to.add(1);
            }
        }
    }
    OK
}

/// NaN stays NaN.
fn rectified(x: f32) -> f32 {
    if x < 0.0 {
        0.0
    } else {
        x
    }
}

unsafe fn run_relu(call: &Call, part: u32) -> Option<()> {
    let chain = &*call.chain;
    let op = operator(chain, 0);
    let x = (*call.value.add(input(op, 0)? as usize)).cast::<f32>();
    let y = (*call.value.add(op.out as usize)).cast::<f32>();
    let first = u64::from(part) * GRAIN;
    let end = (first + GRAIN).min(count(tensor(chain, op.out)));
    // x and y may be the same memory, so no slices.
    for i in first as usize..end as usize {
        *y.add(i) = rectified(*x.add(i));
    }
    Some(())
}

unsafe fn run_dense(call: &Call, part: u32) -> Option<()> {
    let (chain, plan) = (&*call.chain, &*call.plan);
    let op = operator(chain, 0);
    let dense = Dense::new(chain)?;
    let panels = dense.panels();
    let row = (part as usize).checked_div(panels)?;
    let panel = (part as usize).checked_rem(panels)?;
    let x = (*call.value.add(input(op, 0)? as usize)).cast::<f32>().add(row * dense.length);
    let last = operator(chain, plan.take.wrapping_sub(1));
    let y = (*call.value.add(last.out as usize)).cast::<f32>().add(row * dense.outputs);
    let mut weights = call.packed.cast::<f32>().add(panel * dense.length * LANES);
    let mut sums = [0f32; LANES];
    for k in 0..dense.length {
        let factor = *x.add(k);
        for (lane, sum) in sums.iter_mut().enumerate() {
            *sum += factor * *weights.add(lane);
        }
        weights = weights.add(LANES);
    }
    // A constant is found in `value` as well as in its tensor.
    let bias = match input(op, 2) {
        Some(place) => (*call.value.add(place as usize)).cast::<f32>(),
        None => core::ptr::null_mut(),
    };
    let first = panel * LANES;
    for (lane, sum) in sums.iter().take(dense.outputs - first).enumerate() {
        let output = first + lane;
        let sum = if bias.is_null() { *sum } else { *sum + *bias.add(output) };
        *y.add(output) = if plan.take == 2 { rectified(sum) } else { sum };
    }
    Some(())
}

unsafe extern "C" fn run(call: *const Call, _: u32, part: u32, _: *mut c_void) -> i32 {
    let call = &*call;
    let done = match operator(&*call.chain, 0).code {
        OP_RELU => run_relu(call, part),
        OP_DENSE => run_dense(call, part),
        _ => None,
    };
    if done.is_some() {
        OK
    } else {
        ERROR
    }
}

unsafe extern "C" fn explain(_: *const Call, _: u32, _: u32, _: *mut c_void, error: *mut Error) {
    refuse(error, b"operators that it never took");
}

/// `text` with zeros behind it; at least one, or it does not compile.
const fn padded<const SIZE: usize>(text: &str) -> [u8; SIZE] {
    let text = text.as_bytes();
    assert!(text.len() < SIZE);
    let mut bytes = [0; SIZE];
    let mut index = 0;
    while index < text.len() {
        bytes[index] = text[index];
        index += 1;
    }
    bytes
}

#[no_mangle]
pub static mtlrt_module_v1: Module = Module {
    magic: MAGIC,
    size: core::mem::size_of::<Module>() as u32,
    abi: ABI,
    rank: 1,
    cpu_need: [0, 0],
    name: padded("rust"),
    build: padded(concat!(env!("CARGO_PKG_VERSION"), ", Rust")),
    open: None,
    plan: Some(plan),
    pack: Some(pack),
    run: Some(run),
    close: None,
    flags: BATCH_INVARIANT | PACKED_LASTS,
    explain: Some(explain),
};
