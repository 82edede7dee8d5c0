//! `cargo xtask serve`: builds the page, serves it, and with `--watch` rebuilds it.

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use std::thread;

use clap::Args;

use crate::failure::Failure;
use crate::offline;
use crate::page::{self, Profile};
use crate::process::Progress;
use crate::site::Site;
use crate::{server, watch, workspace};

#[derive(Debug, Args)]
pub struct Options {
    /// Port on 127.0.0.1; 0 takes any free one.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Rebuild when a source changes, and go on serving meanwhile.
    #[arg(long)]
    watch: bool,
    /// Build without optimisation: panics name their places, the simulator is slow.
    #[arg(long)]
    dev: bool,
    /// Build with optimisation (the default).
    #[arg(long, conflicts_with = "dev")]
    release: bool,
}

pub fn run(options: &Options) -> Result<(), Failure> {
    // Before the build, so that a taken port costs no minutes.
    let listener = server::bind(options.port)?;
    let address = listener.local_addr().map_err(|source| Failure::Port { port: options.port, source })?;
    let profile = if options.dev { Profile::Dev } else { Profile::Release };
    // Not `page`: that is where cargo keeps what the profile of this name needs on the host.
    let folder = workspace::root().join("target/site");

    let seen = watch::snapshot();
    let site = build(profile, &folder)?;
    let current = Arc::new(RwLock::new(Arc::new(site)));
    println!("Brownout is at http://{address}/ (stop with Ctrl+C)");
    if options.watch {
        println!("Watching the sources; reload the page after a rebuild.");
        let current = Arc::clone(&current);
        thread::spawn(move || rebuild_on_change(profile, &folder, seen, &current));
    }
    server::serve(&listener, &current);
    Ok(())
}

fn build(profile: Profile, folder: &Path) -> Result<Site, Failure> {
    let progress = Progress::begin();
    page::build(profile, folder, &progress)?;
    let mut site = Site::load(folder)?;
    // Whoever works on the page wants to see it as it is now, not as it was kept for times without a network.
    site.remove(offline::SCRIPT);
    progress.say("built");
    Ok(site)
}

fn rebuild_on_change(profile: Profile, folder: &Path, mut seen: watch::Snapshot, current: &server::Current) {
    loop {
        seen = watch::wait_for_change(seen);
        println!("A source changed; rebuilding.");
        match build(profile, folder) {
            Ok(site) => {
                *current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(site);
                println!("Rebuilt; reload the page.");
            }
            Err(failure) => eprintln!("error: {failure}\nStill serving the page as it was before."),
        }
    }
}
