//! Whom a balancer chooses.

use super::*;

fn view(algorithm: Algorithm, weights: &[f64]) -> View {
    let mut view = View::new(algorithm, 2, Stream::new(1, 1, 1));
    let target = |at: usize, weight: f64| TargetView::new(0, InstanceId(at as u32), weight, 0);
    view.targets = weights.iter().enumerate().map(|(at, weight)| target(at, *weight)).collect();
    view.refresh();
    view
}

fn send(view: &mut View, position: u64) -> u32 {
    let target = view.choose(view.stream.at(position), NOBODY).unwrap_or(NOBODY);
    view.opened(target);
    target
}

/// Against the same by a scan over all, through ten thousand random beginnings and ends.
#[test]
fn the_fewest_open_calls_are_found() {
    for weights in [vec![1.0; 37], (1..38).map(f64::from).collect()] {
        let mut view = view(Algorithm::Least, &weights);
        let stream = Stream::new(2, 2, 2);
        for step in 0..10_000 {
            let mut draws = stream.at(step);
            let target = draws.below(37);
            if draws.unit() < 0.45 && view.targets[target as usize].open > 0 {
                view.closed(target);
                continue;
            }
            let best = view.eligible.iter().map(|at| view.rank(*at)).min();
            assert_eq!(Some(send(&mut view, step)), best.map(Rank::target), "step {step}");
            // Choices are counted anew now and then, which nobody notices.
            if step % 1_000 == 999 {
                view.chosen = view.chosen.max(view.even_ranks.end() - 5);
            }
        }
    }
}

#[test]
fn equals_take_turns() {
    let mut view = view(Algorithm::Least, &[1.0; 3]);
    for round in 0..5 {
        for expected in 0..3 {
            let target = send(&mut view, round);
            assert_eq!(target, expected);
            view.closed(target);
        }
    }
}

#[test]
fn weights_divide_what_is_sent() {
    for algorithm in [Algorithm::RoundRobin, Algorithm::Random, Algorithm::Least] {
        let mut view = view(algorithm, &[1.0, 2.0, 5.0, 0.0]);
        let mut sent = [0_u32; 4];
        for position in 0..8_000 {
            sent[send(&mut view, position) as usize] += 1;
        }
        let most = if algorithm == Algorithm::Random { 200 } else { 5 };
        for (sent, wanted) in sent.into_iter().zip([1_000_u32, 2_000, 5_000, 0]) {
            assert!(sent.abs_diff(wanted) <= most.min(wanted), "{algorithm:?}: {sent}, but {wanted}");
        }
    }
}

/// Two of three without open calls: each is drawn with two of its three pairs, and the first of equals wins.
#[test]
fn drawn_targets_are_different_and_equally_likely() {
    let mut view = view(Algorithm::PowerOfChoices, &[1.0; 3]);
    let mut sent = [0_u32; 3];
    for position in 0..9_000 {
        let target = send(&mut view, position);
        view.closed(target);
        sent[target as usize] += 1;
    }
    // A standard deviation is 45.
    assert!(sent.iter().all(|sent| sent.abs_diff(3_000) < 180), "{sent:?}");
    view.opened(0);
    let full = (0..1_000).filter(|position| view.choose(view.stream.at(*position), NOBODY) == Some(0));
    assert_eq!(full.count(), 0, "with another beside it, it is never the better one");
}

#[test]
fn another_target_is_another() {
    for algorithm in Algorithm::ALL {
        let mut view = view(*algorithm, &[1.0; 4]);
        for position in 0..100 {
            let target = view.choose(view.stream.at(position), NOBODY).unwrap_or(NOBODY);
            let other = view.choose(view.stream.at(position), target);
            assert!(other.is_some_and(|other| other != target), "{algorithm:?}");
        }
    }
}
