// Package hostile sends to a real server's election port what no server sends.
//
// It answers: which bytes make a real server hang up, stop listening for ever, take another
// configuration, or die?
//
// Its one idea: almost right is worse than garbage. Cases are made from a good header and a good
// notification by a few mutations that know the grammar - lengths, numbers, addresses, the lines of a
// configuration - drawn from a seed. Each is sent to a server that runs; then the server is asked, as a
// stranger and as a member, whether it still answers. What it does not survive is sent again to a fresh server
// alone, and made as short as it can be.
//
// It never sends anything to a server that it has not started itself, and never writes an address outside
// 127.0.0.0/8 into a case: what it attacks would connect to it.
package hostile
