//! What the functions do on Linux. Hardening changes the whole process for good, so it is tried in
//! processes of its own: this test program runs itself again with a variable set.
#![cfg(target_os = "linux")]
#![allow(clippy::print_stdout, reason = "a child tells its parent what it found")]

use std::fs::File;
use std::net::TcpListener;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram, UnixListener, UnixStream};
use std::process::Command;

use rustix::process::{DumpableBehavior, Resource, dumpable_behavior, getrlimit};
use trust_quorum_host::{
    HostError, forbid_core_dumps, notify, peer_credentials, try_lock_exclusive,
};

const CHILD: &str = "TRUST_QUORUM_HOST_TEST_CHILD";

/// Runs one test of this program again, as a process of its own.
fn in_a_child(test: &str) {
    let program = std::env::current_exe().expect("the path of this program");
    let output = Command::new(program)
        .args(["--exact", test, "--nocapture"])
        .env(CHILD, "1")
        .output()
        .expect("the child runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn is_child() -> bool {
    std::env::var_os(CHILD).is_some()
}

#[test]
fn a_locked_folder_is_refused_to_everyone_else_until_it_is_closed() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = File::open(folder.path()).expect("the folder opens");
    let second = File::open(folder.path()).expect("the folder opens");
    assert_eq!(try_lock_exclusive(&first), Ok(true));
    assert_eq!(try_lock_exclusive(&first), Ok(true), "asking again changes nothing");
    assert_eq!(try_lock_exclusive(&second), Ok(false));
    drop(first);
    assert_eq!(try_lock_exclusive(&second), Ok(true));
}

#[test]
fn a_lock_ends_with_the_process_that_holds_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut holder = Command::new("flock")
        .args(["--exclusive", "--no-fork", &folder.path().to_string_lossy(), "sleep", "1000"])
        .spawn()
        .expect("flock(1) of util-linux runs");
    let file = File::open(folder.path()).expect("the folder opens");
    while try_lock_exclusive(&file) == Ok(true) {
        // The holder has not got there yet: let go of it.
        rustix::fs::flock(&file, rustix::fs::FlockOperation::Unlock).expect("unlocks");
    }
    holder.kill().expect("kill -9");
    holder.wait().expect("it dies");
    assert_eq!(try_lock_exclusive(&file), Ok(true));
}

#[test]
fn the_peer_of_a_unix_socket_is_this_process() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("socket");
    let listener = UnixListener::bind(&path).expect("listens");
    let _client = UnixStream::connect(&path).expect("connects");
    let (server, _) = listener.accept().expect("accepts");
    let peer = peer_credentials(&server).expect("a peer");
    assert_eq!(peer.pid, i32::try_from(std::process::id()).expect("a pid"));
    assert_eq!(peer.uid, rustix::process::geteuid().as_raw());
    assert_eq!(peer.gid, rustix::process::getegid().as_raw());
}

#[test]
fn a_peer_outside_of_the_pid_namespace_has_its_user_and_the_pid_0() {
    let test = "a_peer_outside_of_the_pid_namespace_has_its_user_and_the_pid_0";
    if let Some(path) = std::env::var_os(CHILD) {
        let server = UnixListener::bind(&path).and_then(|listener| Ok(listener.accept()?.0));
        let peer = peer_credentials(server.expect("somebody connects")).expect("a peer");
        println!("{} {}", peer.uid, peer.pid);
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("socket");
    let child = Command::new("unshare")
        .args(["--pid", "--fork", "--kill-child", "--"])
        .arg(std::env::current_exe().expect("the path of this program"))
        .args(["--exact", test, "--nocapture"])
        .env(CHILD, &path)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn();
    // Not every system lets its users make namespaces.
    let Ok(mut child) = child else { return };
    let _client = loop {
        match UnixStream::connect(&path) {
            Ok(client) => break client,
            Err(_) if child.try_wait().expect("a child").is_some() => return,
            Err(_) => std::thread::yield_now(),
        }
    };
    let output = child.wait_with_output().expect("it ends");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let expected = format!("{} 0", rustix::process::geteuid().as_raw());
    assert!(text.lines().any(|line| line.ends_with(&expected)), "{text}");
}

#[test]
fn only_unix_sockets_have_peer_credentials() {
    let tcp = TcpListener::bind("127.0.0.1:0").expect("listens");
    assert_eq!(peer_credentials(&tcp), Err(HostError::Unsupported));
    let file = File::open("/dev/null").expect("opens");
    assert!(matches!(peer_credentials(&file), Err(HostError::Refused { .. })));
}

#[test]
fn a_notification_reaches_a_path_and_an_abstract_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("notify");
    let by_path = UnixDatagram::bind(&path).expect("binds");
    let name = format!("trust-quorum-host-{}", std::process::id());
    let address = SocketAddr::from_abstract_name(&name).expect("a name");
    let by_name = UnixDatagram::bind_addr(&address).expect("binds");
    for (socket, address) in
        [(by_path, path.to_string_lossy().into_owned()), (by_name, format!("@{name}"))]
    {
        assert_eq!(notify(&address, "READY=1\nSTATUS=locked"), Ok(()));
        let mut buffer = [0; 64];
        let length = socket.recv(&mut buffer).expect("a datagram");
        assert_eq!(&buffer[..length], b"READY=1\nSTATUS=locked");
    }
}

#[test]
fn a_notification_to_nobody_is_refused() {
    assert_eq!(notify("", "READY=1"), Err(HostError::InvalidAddress));
    assert_eq!(notify("relative/path", "READY=1"), Err(HostError::InvalidAddress));
    assert_eq!(notify("vsock:2:1", "READY=1"), Err(HostError::InvalidAddress));
    assert_eq!(notify(&format!("/{}", "x".repeat(200)), "READY=1"), Err(HostError::InvalidAddress));
    assert_eq!(notify("/nonexistent/notify", "READY=1"), Err(HostError::Refused { errno: 2 }));
}

#[test]
fn a_hardened_process_is_not_dumpable_and_has_no_core_files() {
    if !is_child() {
        return in_a_child("a_hardened_process_is_not_dumpable_and_has_no_core_files");
    }
    assert_eq!(dumpable_behavior(), Ok(DumpableBehavior::Dumpable));
    assert_eq!(forbid_core_dumps(), Ok(()));
    assert_eq!(dumpable_behavior(), Ok(DumpableBehavior::NotDumpable));
    let limit = getrlimit(Resource::Core);
    assert_eq!((limit.current, limit.maximum), (Some(0), Some(0)));
}
