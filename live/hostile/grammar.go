package hostile

import (
	"regexp"
	"slices"
	"strings"

	"github.com/zkcheck/zkcheck/wire"
)

// tokens are what a configuration's text consists of: words, and the signs between them.
var tokens = regexp.MustCompile(`[0-9A-Za-z]+|[^0-9A-Za-z]`)

var digits = regexp.MustCompile(`^[0-9]+$`)

// config is the text of a configuration with one to three things wrong about it. Nothing here knows
// which of them a server minds.
func (g *generator) config() string {
	text := goodConfig().String()
	for range g.few() {
		switch g.IntN(8) {
		case 0, 1, 2:
			text = g.token(text)
		case 3, 4:
			text = g.line(text)
		case 5:
			text = g.bytes(text)
		case 6:
			text = g.size(text)
		case 7: // as if from a server that was reconfigured
			c := goodConfig()
			c.Version = pick(g, int64(0), 1, 1<<32, 1<<63-1)
			c.Members = c.Members[:1+g.IntN(voters)]
			for i := range c.Members {
				c.Members[i].Observer = g.IntN(3) == 0
			}
			text = c.String()
			g.note("config: %d members, version %#x", len(c.Members), c.Version)
		}
	}
	const most = wire.MaxFrame - 44
	return text[:min(len(text), most)]
}

// few is how many things are wrong: mostly one, for the first that a server minds hides the rest.
func (g *generator) few() int { return pick(g, 1, 1, 1, 2, 3) }

// token changes one token of one line: a number into what is none, a word or a sign into another or into
// nothing. Half of the time it is a number.
func (g *generator) token(text string) string {
	lines := strings.Split(text, "\n")
	l := g.IntN(len(lines))
	parts := tokens.FindAllString(lines[l], -1)
	var numbers []int
	for i, p := range parts {
		if digits.MatchString(p) {
			numbers = append(numbers, i)
		}
	}
	if len(parts) == 0 {
		return text
	}
	i := g.IntN(len(parts))
	if len(numbers) > 0 && g.IntN(2) == 0 {
		i = numbers[g.IntN(len(numbers))]
	}
	before := parts[i]
	switch {
	case g.IntN(5) == 0:
		parts[i] = ""
	case g.IntN(8) == 0:
		parts[i] += parts[i]
	case digits.MatchString(before):
		parts[i] = g.number()
	case len(before) == 1:
		parts[i] = pick(g, ":", ";", "|", "=", ".", "\n", " ", "#", "!", "\\", "[", "]", ",")
	default:
		parts[i] = pick(g, "observer", "participant", "PARTICIPANT", "server", "version", "group", "weight", g.host(), g.number())
	}
	g.note("config: line %d: %s becomes %s", l+1, quoted(before), quoted(parts[i]))
	lines[l] = strings.Join(parts, "")
	return strings.Join(lines, "\n")
}

// line takes a line out, doubles it, moves it, or puts in one that could be there.
func (g *generator) line(text string) string {
	lines := strings.Split(text, "\n")
	i := g.IntN(len(lines))
	switch g.IntN(4) {
	case 0:
		g.note("config: without line %d", i+1)
		lines = slices.Delete(lines, i, i+1)
	case 1:
		g.note("config: line %d twice", i+1)
		lines = slices.Insert(lines, i, lines[i])
	case 2:
		value := pick(g, "", "=", "=1", "="+g.number(), "=1:2:3", "="+g.host()+":1:2", "=127.0.0.1:1:2:observer", "=127.0.0.1:1:1", "=127.0.0.1:1:2;127.0.0.1:"+g.number())
		added := pick(g, "server.4", "server.1", "server.", "server."+g.number(), "version", "group.1", "weight.1", "weight.x", "unknown", "") + value
		g.note("config: a line %s", quoted(added))
		lines = slices.Insert(lines, i, added)
	case 3:
		g.note("config: nothing but line %d", i+1)
		lines = lines[i : i+1]
	}
	return strings.Join(lines, "\n")
}

// bytes puts in some that a text should not have, or cuts it.
func (g *generator) bytes(text string) string {
	at := g.IntN(len(text) + 1)
	if g.IntN(3) == 0 {
		g.note("config: cut after %d bytes", at)
		return text[:at]
	}
	odd := pick(g, "\x00", "\xff", "\xc3\x28", "\ud7ff", "\r", "\t", "\f", "\\", "\\u", "\\u12", "\\uzzzz", "\\x", "\u2028", "\xef\xbb\xbf")
	g.note("config: %+q put in at byte %d", odd, at)
	return text[:at] + odd + text[at:]
}

// size makes a text empty or huge.
func (g *generator) size(text string) string {
	switch g.IntN(4) {
	case 0:
		g.note("config: empty")
		return ""
	case 1:
		g.note("config: one key of 400,000 bytes")
		return strings.Repeat("x", 400_000)
	case 2:
		g.note("config: 1,000 lines")
		return strings.Repeat("server.2=127.19.255.2:2888:3888\n", 1000) + "version=0"
	default:
		g.note("config: 100,000 empty lines")
		return text + strings.Repeat("\n", 100_000)
	}
}
