//! Measures and their intervals. Every function is total: an empty input gives 0.

use std::collections::{BTreeMap, BTreeSet};

use crate::random::Random;

/// A share; 0 when there is nothing.
pub fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// Share of pairs `(truth, said)` that are equal.
pub fn accuracy<T: PartialEq>(pairs: &[(T, T)]) -> f64 {
    share(pairs.iter().filter(|(truth, said)| truth == said).count(), pairs.len())
}

/// Precision, recall and F1 of one class over pairs `(truth, said)`.
pub fn precision_recall_f1<T: PartialEq>(pairs: &[(T, T)], class: &T) -> (f64, f64, f64) {
    let hits = pairs.iter().filter(|(truth, said)| truth == class && said == class).count();
    let truths = pairs.iter().filter(|(truth, _)| truth == class).count();
    let says = pairs.iter().filter(|(_, said)| said == class).count();
    (share(hits, says), share(hits, truths), share(2 * hits, truths + says))
}

/// Mean F1 over the classes that occur in the truth.
pub fn macro_f1<T: Ord>(pairs: &[(T, T)]) -> f64 {
    let mut counts: BTreeMap<&T, [usize; 3]> = BTreeMap::new();
    for (truth, said) in pairs {
        let entry = counts.entry(truth).or_default();
        entry[0] += 1;
        if truth == said {
            entry[2] += 1;
        }
        counts.entry(said).or_default()[1] += 1;
    }
    let f1s: Vec<f64> = counts
        .values()
        .filter(|[truths, _, _]| *truths > 0)
        .map(|[truths, says, hits]| share(2 * hits, truths + says))
        .collect();
    mean(&f1s)
}

/// Arithmetic mean.
pub fn mean(values: &[f64]) -> f64 {
    if values.is_empty() { 0.0 } else { values.iter().sum::<f64>() / values.len() as f64 }
}

/// Spearman's rank correlation, ties given their mean rank.
pub fn spearman(left: &[f64], right: &[f64]) -> f64 {
    pearson(&ranks(left), &ranks(right))
}

fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    while start < order.len() {
        let mut end = start + 1;
        while end < order.len() && values[order[end]].total_cmp(&values[order[start]]).is_eq() {
            end += 1;
        }
        for position in &order[start..end] {
            ranks[*position] = (start + end - 1) as f64 / 2.0;
        }
        start = end;
    }
    ranks
}

fn pearson(left: &[f64], right: &[f64]) -> f64 {
    let (left_mean, right_mean) = (mean(left), mean(right));
    let mut products = (0.0, 0.0, 0.0);
    for (a, b) in left.iter().zip(right) {
        let (a, b) = (a - left_mean, b - right_mean);
        products = (products.0 + a * b, products.1 + a * a, products.2 + b * b);
    }
    let scale = (products.1 * products.2).sqrt();
    if scale == 0.0 { 0.0 } else { products.0 / scale }
}

/// Area under the receiver operating characteristic of pairs `(is positive, score)`; ties count half.
pub fn auc(pairs: &[(bool, f64)]) -> f64 {
    let ranks = ranks(&pairs.iter().map(|(_, score)| *score).collect::<Vec<_>>());
    let positives = pairs.iter().filter(|(truth, _)| *truth).count();
    let negatives = pairs.len() - positives;
    if positives == 0 || negatives == 0 {
        return 0.0;
    }
    let sum: f64 = pairs.iter().zip(&ranks).filter(|((truth, _), _)| *truth).map(|(_, rank)| rank + 1.0).sum();
    (sum - (positives * (positives + 1)) as f64 / 2.0) / (positives * negatives) as f64
}

/// Expected calibration error of pairs `(was right, confidence in 0..=1)`: ten equal bins, weighted by their size (Guo et al., 2017).
pub fn calibration_error(pairs: &[(bool, f64)]) -> f64 {
    let mut bins = [(0usize, 0usize, 0.0f64); 10];
    for (right, confidence) in pairs {
        let index = (1..10).filter(|tenth| *confidence * 10.0 >= f64::from(*tenth)).count();
        let bin = &mut bins[index];
        bin.0 += 1;
        bin.1 += usize::from(*right);
        bin.2 += confidence;
    }
    bins.iter()
        .map(|(n, right, confidence)| (*right as f64 - confidence).abs() * share(usize::from(*n > 0), 1))
        .sum::<f64>()
        / pairs.len().max(1) as f64
}

/// V-measure (Rosenberg and Hirschberg, 2007) of a clustering: pairs `(truth, cluster)`.
pub fn v_measure<T: Ord + Clone, C: Ord + Clone>(pairs: &[(T, C)]) -> f64 {
    let mut joint: BTreeMap<(&T, &C), usize> = BTreeMap::new();
    let mut truths: BTreeMap<&T, usize> = BTreeMap::new();
    let mut clusters: BTreeMap<&C, usize> = BTreeMap::new();
    for (truth, cluster) in pairs {
        *joint.entry((truth, cluster)).or_default() += 1;
        *truths.entry(truth).or_default() += 1;
        *clusters.entry(cluster).or_default() += 1;
    }
    let entropy = |counts: &mut dyn Iterator<Item = usize>| -> f64 {
        counts.map(|count| share(count, pairs.len())).map(|p| -p * libm::log(p)).sum()
    };
    let of_truth = entropy(&mut truths.values().copied());
    let of_cluster = entropy(&mut clusters.values().copied());
    let of_both = entropy(&mut joint.values().copied());
    let homogeneity = if of_truth == 0.0 { 1.0 } else { 1.0 - (of_both - of_cluster) / of_truth };
    let completeness = if of_cluster == 0.0 { 1.0 } else { 1.0 - (of_both - of_truth) / of_cluster };
    let sum = homogeneity + completeness;
    if sum == 0.0 { 0.0 } else { 2.0 * homogeneity * completeness / sum }
}

/// F1 of "these two belong together" over all pairs of items.
pub fn pairwise_f1<T: Ord + Clone, C: Ord + Clone>(pairs: &[(T, C)]) -> f64 {
    let mut joint: BTreeMap<(&T, &C), usize> = BTreeMap::new();
    let mut truths: BTreeMap<&T, usize> = BTreeMap::new();
    let mut clusters: BTreeMap<&C, usize> = BTreeMap::new();
    for (truth, cluster) in pairs {
        *joint.entry((truth, cluster)).or_default() += 1;
        *truths.entry(truth).or_default() += 1;
        *clusters.entry(cluster).or_default() += 1;
    }
    let choose = |counts: &mut dyn Iterator<Item = usize>| -> usize { counts.map(|n| n * (n - 1) / 2).sum() };
    let hits = choose(&mut joint.values().copied());
    share(2 * hits, choose(&mut truths.values().copied()) + choose(&mut clusters.values().copied()))
}

/// Number of distinct values.
pub fn distinct<'a, T: Ord + 'a>(values: impl IntoIterator<Item = &'a T>) -> usize {
    values.into_iter().collect::<BTreeSet<_>>().len()
}

/// 95 % percentile bootstrap interval of a measure over items: `rounds` resamples with replacement, seeded.
pub fn interval<T: Clone>(items: &[T], rounds: usize, seed: u64, measure: impl Fn(&[T]) -> f64) -> (f64, f64) {
    if items.is_empty() || rounds == 0 {
        return (0.0, 0.0);
    }
    let mut random = Random::new(seed);
    let mut values: Vec<f64> = (0..rounds)
        .map(|_| {
            let sample: Vec<T> = (0..items.len()).map(|_| items[random.below(items.len())].clone()).collect();
            measure(&sample)
        })
        .collect();
    values.sort_by(f64::total_cmp);
    (values[rounds * 25 / 1000], values[(rounds * 975 / 1000).min(rounds - 1)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(left: f64, right: f64) -> bool {
        (left - right).abs() < 1e-9
    }

    #[test]
    fn measures_agree_with_hand_counts() {
        let pairs = [("a", "a"), ("a", "b"), ("b", "b"), ("c", "b")];
        assert!(near(accuracy(&pairs), 0.5));
        let (precision, recall, f1) = precision_recall_f1(&pairs, &"b");
        assert!(near(precision, 1.0 / 3.0) && near(recall, 1.0) && near(f1, 0.5));
        assert!(near(macro_f1(&pairs), (2.0 / 3.0 + 0.5 + 0.0) / 3.0));
    }

    #[test]
    fn ranks_and_areas() {
        assert!(near(spearman(&[1.0, 2.0, 3.0], &[10.0, 20.0, 30.0]), 1.0));
        assert!(near(spearman(&[1.0, 2.0, 3.0], &[3.0, 2.0, 1.0]), -1.0));
        assert!(near(auc(&[(true, 0.9), (false, 0.1), (true, 0.5), (false, 0.5)]), 0.875));
    }

    #[test]
    fn calibration_is_the_weighted_gap() {
        let pairs = [(true, 0.95), (true, 0.95), (false, 0.55), (true, 0.55)];
        assert!(near(calibration_error(&pairs), (0.05 * 2.0 + 0.05 * 2.0) / 4.0));
    }

    #[test]
    fn clusterings_at_their_bounds() {
        let perfect = [("a", 1), ("a", 1), ("b", 2)];
        assert!(near(v_measure(&perfect), 1.0) && near(pairwise_f1(&perfect), 1.0));
        let one = [("a", 1), ("a", 1), ("b", 1), ("b", 1)];
        assert!(near(v_measure(&one), 0.0) && near(pairwise_f1(&one), 2.0 * 2.0 / (2.0 + 6.0)));
    }

    #[test]
    fn an_interval_holds_its_value_and_repeats() {
        let items: Vec<f64> = (0..200).map(f64::from).collect();
        let (low, high) = interval(&items, 200, 1, mean);
        assert!(low < 99.5 && 99.5 < high && high - low < 40.0);
        assert_eq!(interval(&items, 200, 1, mean), (low, high));
    }
}
