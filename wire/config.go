package wire

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Config is a configuration as its text travels in notifications.
type Config struct {
	Members []Member
	Version int64 // of the configuration: 0 until it is changed by a reconfig
}

// Member is a server of a configuration.
type Member struct {
	SID          int64
	Host         string // a name or address; an IPv6 address without brackets
	QuorumPort   int
	ElectionPort int
	Observer     bool
	Client       string // what stands behind the ;, or ""
}

// String is the text as a server writes it: a line for a member, and the version in hex without an end of
// line (QuorumMaj.toString; QuorumServer.toString).
func (c Config) String() string {
	var b strings.Builder
	for _, m := range c.Members {
		fmt.Fprintf(&b, "server.%d=%s\n", m.SID, m)
	}
	b.WriteString("version=")
	b.WriteString(strconv.FormatUint(uint64(c.Version), 16))
	return b.String()
}

// String is what stands behind the = of the member's line.
func (m Member) String() string {
	host, role := m.Host, "participant"
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if m.Observer {
		role = "observer"
	}
	s := fmt.Sprintf("%s:%d:%d:%s", host, m.QuorumPort, m.ElectionPort, role)
	if m.Client != "" {
		s += ";" + m.Client
	}
	return s
}

// ParseConfig reads such a text. It passes over lines that it does not know, as groups and weights are,
// and keeps the first of several addresses of a member. Members are sorted by sid.
func ParseConfig(text string) (Config, error) {
	var c Config
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		if key == "version" {
			v, err := strconv.ParseUint(value, 16, 63)
			if err != nil {
				return Config{}, fmt.Errorf("config: version %q is not a hex number", value)
			}
			c.Version = int64(v)
		}
		sid, ok := strings.CutPrefix(key, "server.")
		if !ok {
			continue
		}
		m, err := parseMember(value)
		if err != nil {
			return Config{}, fmt.Errorf("config: %s: %w", key, err)
		}
		if m.SID, err = strconv.ParseInt(sid, 10, 64); err != nil {
			return Config{}, fmt.Errorf("config: %s: %q is not a sid", key, sid)
		}
		c.Members = append(c.Members, m)
	}
	slices.SortStableFunc(c.Members, func(a, b Member) int { return cmp.Compare(a.SID, b.SID) })
	return c, nil
}

func parseMember(value string) (Member, error) {
	var m Member
	server, client, _ := strings.Cut(value, ";")
	server, _, _ = strings.Cut(server, "|")
	m.Client = client
	host, rest, ok := strings.Cut(server, ":")
	if strings.HasPrefix(server, "[") {
		host, rest, ok = strings.Cut(server[1:], "]:")
	}
	parts := strings.Split(rest, ":")
	if !ok || len(parts) < 2 || len(parts) > 3 {
		return m, fmt.Errorf("%q is not host:port:port or host:port:port:role", server)
	}
	m.Host = host
	for i, port := range []*int{&m.QuorumPort, &m.ElectionPort} {
		p, err := strconv.ParseUint(parts[i], 10, 16)
		if err != nil {
			return m, fmt.Errorf("port %q is not a number of 0..65535", parts[i])
		}
		*port = int(p)
	}
	if len(parts) == 3 {
		switch role := strings.ToLower(strings.TrimSpace(parts[2])); role {
		case "observer":
			m.Observer = true
		case "participant":
		default:
			return m, fmt.Errorf("unknown role %q", role)
		}
	}
	return m, nil
}
