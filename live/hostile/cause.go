package hostile

import (
	"regexp"
	"slices"
	"strings"
)

var (
	// death is what a log says when something that nobody caught has ended a thread: that of ZooKeeperThread,
	// of NIOServerCnxnFactory for all others, and of QuorumCnxManager.Listener.ListenerHandler.run.
	death = regexp.MustCompile(`Exception occurred from thread|Thread Thread\[.*\] died|Unexpected error|As I'm leaving the listener|` +
		`Severe unrecoverable error|OutOfMemoryError`)
	// notable is what is shown if nothing has died.
	notable = regexp.MustCompile(`^ERROR|Received version|restarting leader election|Leaving listener|Skipping the processing`)
	// thrown is the line of an exception, and frame of a place in ZooKeeper's code.
	thrown = regexp.MustCompile(`^(?:Exception in thread "[^"]*" )?((?:[a-z]+\.)+[A-Za-z]*(?:Exception|Error))\b`)
	place  = regexp.MustCompile(`^\s+at (?:[a-z]+/)?org\.apache\.zookeeper\.(?:[a-z]+\.)*([A-Za-z0-9_$]+\.[A-Za-z0-9_$<>]+)\(`)
)

// died tells whether a log says that a thread has ended.
func died(log []string) bool { return slices.ContainsFunc(log, death.MatchString) }

// cause is why, in a form that equal causes share: the exception and the place in ZooKeeper's code where it
// was not caught, without what it says about the input. It is "" if the log has none.
func cause(log []string) string {
	for i, line := range log {
		if !death.MatchString(line) {
			continue
		}
		if exception, at := trace(log[i+1:]); exception != "" {
			exception = exception[strings.LastIndexByte(exception, '.')+1:]
			if at == "" {
				return exception
			}
			return exception + " in " + at
		}
	}
	return ""
}

// trace is the exception whose stack begins a log, and the first place in ZooKeeper's code, if it has any.
func trace(log []string) (exception, at string) {
	for i, line := range log {
		if i == 0 {
			m := thrown.FindStringSubmatch(line)
			if m == nil {
				return "", ""
			}
			exception = m[1]
			continue
		}
		if !strings.HasPrefix(strings.TrimSpace(line), "at ") {
			return exception, ""
		}
		if m := place.FindStringSubmatch(line); m != nil {
			return exception, m[1]
		}
	}
	return exception, ""
}

// excerptLines is how much of a log is shown.
const excerptLines = 6

// excerpt is the part of a log that says what happened: the first death with the places in ZooKeeper's code,
// or what is remarkable although nothing has died.
func excerpt(log []string) string {
	var list []string
	for i, line := range log {
		if !death.MatchString(line) {
			continue
		}
		list = append(list, line)
		for k, l := range log[i+1:] {
			frame := strings.HasPrefix(strings.TrimSpace(l), "at ")
			if k > 0 && !frame {
				break
			}
			if !frame || place.MatchString(l) {
				list = append(list, l)
			}
		}
		break
	}
	if list == nil {
		for _, line := range log {
			if notable.MatchString(line) {
				list = append(list, line)
			}
		}
	}
	if len(list) > excerptLines {
		list = list[:excerptLines]
	}
	var b strings.Builder
	for _, line := range list {
		line = strings.ToValidUTF8(strings.ReplaceAll(line, "\t", "    "), "?")
		if r := []rune(line); len(r) > 160 {
			line = string(r[:160]) + "..."
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}
