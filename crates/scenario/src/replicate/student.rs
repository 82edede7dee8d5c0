//! Student's t distribution, as far as 95 % confidence intervals need it.

/// The quantile at 97.5 % for 1 to 30 degrees of freedom, as every table of the t distribution has it.
const TABLE: [f64; 30] = [
    12.706_204_736,
    4.302_652_730,
    3.182_446_305,
    2.776_445_105,
    2.570_581_836,
    2.446_911_851,
    2.364_624_252,
    2.306_004_135,
    2.262_157_163,
    2.228_138_852,
    2.200_985_160,
    2.178_812_830,
    2.160_368_656,
    2.144_786_688,
    2.131_449_546,
    2.119_905_299,
    2.109_815_578,
    2.100_922_040,
    2.093_024_054,
    2.085_963_447,
    2.079_613_845,
    2.073_873_068,
    2.068_657_610,
    2.063_898_562,
    2.059_538_553,
    2.055_529_439,
    2.051_830_516,
    2.048_407_142,
    2.045_229_642,
    2.042_272_456,
];

/// The quantile of the normal distribution at 97.5 %.
const Z: f64 = 1.959_963_984_540_054;

/// The quantile at 97.5 % for so many degrees of freedom: half of a 95 % interval, in standard errors.
///
/// Beyond the table it is the expansion around the normal quantile (Abramowitz and Stegun, Handbook of
/// Mathematical Functions, 26.7.5), whose error is below 1e-7 there.
pub fn quantile(freedom: u64) -> f64 {
    if let Some(value) = freedom.checked_sub(1).and_then(|at| TABLE.get(usize::try_from(at).ok()?)) {
        return *value;
    }
    let square = Z * Z;
    let terms = [
        Z * (square + 1.0) / 4.0,
        Z * ((5.0 * square + 16.0) * square + 3.0) / 96.0,
        Z * (((3.0 * square + 19.0) * square + 17.0) * square - 15.0) / 384.0,
        Z * ((((79.0 * square + 776.0) * square + 1482.0) * square - 1920.0) * square - 945.0) / 92_160.0,
    ];
    let step = 1.0 / freedom as f64;
    Z + step * (terms[0] + step * (terms[1] + step * (terms[2] + step * terms[3])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_expansion_continues_the_table() {
        for (freedom, wanted) in
            [(31, 2.039_513_446), (40, 2.021_075_390), (60, 2.000_297_822), (120, 1.979_930_405)]
        {
            assert!((quantile(freedom) - wanted).abs() < 1e-7, "{freedom}: {}", quantile(freedom));
        }
        assert!((quantile(u64::MAX) - Z).abs() < 1e-12);
        assert!((1..200).all(|freedom| quantile(freedom) > quantile(freedom + 1)));
    }
}
