package hostile

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// firstLine begins the file of a case.
const firstLine = "zkcheck hostile v1"

// MaxFile is the largest file of a case that makes sense: the largest message in hex digits, a few times.
const MaxFile = 16 << 20

// Case is what is sent on one connection.
type Case struct {
	Header      []byte
	Frames      [][]byte // each with its length before it, right or wrong
	Description string   // what was done to a good connection; a comment of the file
}

// size is the number of bytes.
func (c Case) size() int {
	n := len(c.Header)
	for _, f := range c.Frames {
		n += len(f)
	}
	return n
}

// Format writes the file of a case.
func (c Case) Format() []byte {
	var b bytes.Buffer
	fmt.Fprintln(&b, firstLine)
	for line := range strings.SplitSeq(c.Description, "\n") {
		if line != "" {
			fmt.Fprintf(&b, "# %s\n", line)
		}
	}
	fmt.Fprintf(&b, "header %x\n", c.Header)
	for _, f := range c.Frames {
		fmt.Fprintf(&b, "frame %x\n", f)
	}
	return b.Bytes()
}

// ParseCase reads such a file. Hex digits may have blanks between them; comments before the header are
// the description. Errors are one line, "file:line: what is wrong".
func ParseCase(name string, data []byte) (Case, error) {
	var c Case
	var description []string
	header := false
	for i, line := range strings.Split(string(data), "\n") {
		fail := func(format string, args ...any) (Case, error) {
			return Case{}, fmt.Errorf("%s:%d: %s", name, i+1, fmt.Sprintf(format, args...))
		}
		line = strings.TrimSpace(line)
		if i == 0 {
			if line != firstLine {
				return fail("the first line is not %q", firstLine)
			}
			continue
		}
		if comment, ok := strings.CutPrefix(line, "#"); ok && !header {
			description = append(description, strings.TrimSpace(comment))
		}
		if line == "" || line[0] == '#' {
			continue
		}
		word, digits, _ := strings.Cut(line, " ")
		b, err := unhex(digits)
		switch {
		case word != "header" && word != "frame":
			return fail("unknown word %q: header or frame", word)
		case err != nil:
			return fail("%s: %v", word, err)
		case header != (word == "frame"):
			return fail("there is one header, and it is before the frames")
		case word == "header":
			header, c.Header = true, b
		default:
			c.Frames = append(c.Frames, b)
		}
	}
	if !header {
		return Case{}, fmt.Errorf("%s: there is no header", name)
	}
	c.Description = strings.Join(description, "\n")
	if err := local(c); err != nil {
		return Case{}, fmt.Errorf("%s: %w", name, err)
	}
	return c, nil
}

func unhex(digits string) ([]byte, error) {
	digits = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, digits)
	b, err := hex.DecodeString(digits)
	if err != nil {
		return nil, errors.New("want hex digits, two for a byte")
	}
	return b, nil
}
