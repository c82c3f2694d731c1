import CLinux

/// Does the kernel hold its clock for set by somebody who knows the time, as an NTP client is (adjtimex(2))?
/// - Returns: nil if it does not say.
package func hasSynchronisedClock() -> Bool? {
    switch gh_clock_is_synchronised() {
    case 0: false
    case 1: true
    default: nil
    }
}
