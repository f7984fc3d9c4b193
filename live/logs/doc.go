// Package logs reads what ZooKeeper servers log, and judges every election in it.
//
// It answers: is what these logs say legal, or which line is the first that is not; who won, and did
// EPOCH, ZXID or SID decide; and can the same election be replayed as a trace?
//
// Its one idea: a log shows half of what a server does, so the other half is guessed, all guesses at once.
// A line "Notification" is the receive path taking a notification; when the election thread handles it no
// line tells, at INFO. Package subject keeps every state of the engine that explains the lines so far; a
// line that none of them explains is illegal, with what they would have allowed as evidence. Lines of
// DEBUG, and what a server hears itself say, make the guesses fewer.
//
// A log begins anywhere and ends anywhere. An election that it does not show from its beginning, or in
// which a line is too long or can't be read, or a file ends, is legal if the lines that are there can
// be explained, and unknown if not. But a line that is missing without a trace is a change of the log: a
// decision by votes that are not there is illegal. Whole kinds of lines can be missing, as where somebody
// has searched the log for some words: then less is known, and nobody is accused. What one server heard
// of another is held against that one's own log only where that is whole and legal, and goes on before
// and after by channel order and time stamps.
//
// It knows the wording of 3.4, 3.5, and 3.6 to today, behind any prefix. The rules are today's; where 3.4
// and 3.5 counted decided votes in another way, what today's rules do not explain is unknown. So it is
// where the configuration changes, or the oracle of two servers decides: neither is in the rules.
//
// It never writes to a log, never trusts a number in it, and keeps no more of it than the lines about
// elections.
package logs
