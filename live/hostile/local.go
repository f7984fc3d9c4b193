package hostile

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
)

// A server connects to the addresses in a header or a configuration, so that no case may have one outside
// 127.0.0.0/8. Names are harmless: the servers here resolve none but localhost.
var (
	words = regexp.MustCompile(`[0-9A-Za-z.\-]+`)
	// escaped is how a configuration, which is a Java properties file, could write an address that is not
	// seen here.
	escaped = regexp.MustCompile(`\\u[0-9A-Fa-f]{4}|\\[0-9.]|[0-9.]\\\r?\n`)
	// bracketed are IPv6 addresses: outside brackets ZooKeeper takes a host apart at its first colon.
	bracketed = regexp.MustCompile(`\[([0-9A-Fa-f:]+)`)
)

var errNotLocal = errors.New("an address outside 127.0.0.0/8")

// local refuses a case with something that a server could take for an address elsewhere. It may refuse
// more than that.
func local(c Case) error {
	parts := append([][]byte{c.Header}, c.Frames...)
	for _, part := range parts {
		text := string(part)
		if escaped.MatchString(text) {
			return errNotLocal
		}
		for _, host := range bracketed.FindAllStringSubmatch(text, -1) {
			if host[1] != "::1" {
				return errNotLocal
			}
		}
		for _, w := range words.FindAllString(text, -1) {
			if !localWord(w) {
				return errNotLocal
			}
		}
	}
	return nil
}

// localWord tells whether a word is no address, or one of this machine. Java takes 1.2, 0x1020304 and
// 16909060 for addresses too.
func localWord(w string) bool {
	if strings.Trim(w, "0123456789.") != "" || strings.HasPrefix(w, "127.") {
		return true // a name
	}
	if !strings.Contains(w, ".") {
		n, err := strconv.ParseUint(w, 10, 64)
		return err != nil || n < 1<<24 || n >= 1<<32 || n>>24 == 127 // 0.x.x.x is nowhere
	}
	// A dot at an end, as of "server.1" that was taken apart, makes no address.
	return strings.HasPrefix(w, "0.") || strings.HasPrefix(w, ".") || strings.HasSuffix(w, ".")
}
