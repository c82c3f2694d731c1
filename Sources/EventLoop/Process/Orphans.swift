import CLinux

/// Processes of a container whose parents have ended: the first process there inherits them (pid_namespaces(7)), and has to take
/// note of their end. Until then each keeps its number, and a container may have so many of these and no more.
package enum Orphans {
    /// Takes note of all that have ended, but not while a program that `gh_start_program` has begun runs: its end does it then.
    package static func reap() { gh_reap_orphans() }
}
