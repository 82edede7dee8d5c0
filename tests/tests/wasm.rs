//! What must come out the same natively and in WebAssembly, to the last bit. `cargo xtask test` runs this file in both.

#[allow(dead_code)]
#[path = "theory/cases.rs"]
mod cases;
#[path = "wasm/clock.rs"]
mod clock;
#[path = "wasm/digests.rs"]
mod digests;
#[path = "wasm/seek.rs"]
mod seek;
#[path = "wasm/speed.rs"]
mod speed;
#[path = "wasm/theory.rs"]
mod theory;

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// FNV-1a over the bits of every function that the simulator takes from libm, on a spread of arguments.
fn digest_of_libm() -> u64 {
    let mut digest = 0xcbf2_9ce4_8422_2325_u64;
    let mut add = |value: f64| {
        for byte in value.to_bits().to_le_bytes() {
            digest = (digest ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    for step in 1..=20_000_u32 {
        let x = f64::from(step) * 0.000_713;
        add(libm::log(x));
        add(libm::exp(-x));
        add(libm::pow(x, 1.7));
        add(libm::sin(x));
        add(libm::cos(x));
        add(x.sqrt());
    }
    digest
}

#[test]
fn transcendental_functions_are_bit_identical() {
    assert_eq!(digest_of_libm(), 14_887_038_386_199_947_391);
}
