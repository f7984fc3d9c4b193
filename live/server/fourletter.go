package server

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// ErrNotServing is the answer of a server that is up and has no leader, or does not lead yet.
var ErrNotServing = errors.New("not serving")

// answerTime is how long a four-letter word waits if the context sets no limit: a paused server accepts
// connections and never answers.
const answerTime = 2 * time.Second

// FourLetter asks a server one of its four-letter words, mntr or srvr, and reads the answer as a map.
func FourLetter(ctx context.Context, addr, word string) (map[string]string, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp4", addr)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", word, err)
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if _, err := io.WriteString(conn, word); err != nil {
		return nil, fmt.Errorf("%s to %s: %w", word, addr, err)
	}
	answer := map[string]string{}
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		if strings.Contains(lines.Text(), "not currently serving requests") {
			return nil, fmt.Errorf("%s to %s: %w", word, addr, ErrNotServing)
		}
		key, value, ok := strings.Cut(lines.Text(), "\t")
		if !ok {
			key, value, _ = strings.Cut(lines.Text(), ": ")
		}
		answer[key] = value
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s to %s: %w", word, addr, err)
	}
	if len(answer) == 0 {
		return nil, fmt.Errorf("%s to %s: no answer", word, addr)
	}
	return answer, nil
}
