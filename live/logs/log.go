package logs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/zkcheck/zkcheck/election"
)

// Log is what one file tells about elections.
type Log struct {
	Name    string
	SID     election.SID // NoServer if no line gives it
	Events  []Event
	Lines   int     // read
	Long    int     // skipped, longer than MaxLine
	Cut     bool    // the file ends within a line, or was too large to be read to its end
	Dialect Dialect // of its notifications
	Debug   bool    // it has lines of level DEBUG
	first   int64   // the first time stamp

	configs []string      // versions of the configuration, no more than two
	unread  map[int]error // why a line of kind Unread can't be read
	gaps    []int         // lines that were skipped for their length
}

// Open reads a log file, packed with gzip or not.
func Open(path string) (*Log, error) {
	info, err := os.Stat(path) // before it is opened: that of a pipe waits until somebody writes to it
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, cause(err))
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: not a regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, cause(err))
	}
	defer f.Close()
	return Read(path, f)
}

// cause is an error of the file system without the path, which the caller names.
func cause(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

// Read reads a log. It is an error if lines of several servers are in it, or nothing of an election.
func Read(name string, in io.Reader) (*Log, error) {
	l := &Log{Name: name, SID: election.NoServer, unread: map[int]error{}}
	text, err := newLines(name, in)
	if err != nil {
		return nil, err
	}
	p := newParser()
	for {
		line, err := text.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			if text.packed {
				return nil, fmt.Errorf("%s:%d: it can't be unpacked: %w", name, text.number, err)
			}
			return nil, fmt.Errorf("%s:%d: %w", name, text.number, cause(err))
		}
		l.Lines = text.number
		if line == nil {
			l.gaps = append(l.gaps, text.number)
			continue
		}
		if len(l.Events) == MaxEvents {
			l.Cut = true
			break
		}
		l.line(p, line)
	}
	l.Long, l.Cut = text.long, l.Cut || text.cut
	l.Dialect, l.Debug, l.configs = p.dialect, p.debug, p.configs
	if len(l.Events) == 0 {
		return nil, fmt.Errorf("%s: no line of it is about an election", name)
	}
	return l, l.identify(p)
}

func (l *Log) line(p *parser, line []byte) {
	p.line = l.Lines
	at := stamp(line)
	if l.first == 0 {
		l.first = at
	}
	e, ok, err := p.parse(line)
	if !ok {
		return
	}
	e.Line, e.time = l.Lines, at
	if err != nil {
		l.unread[e.Line] = err
	}
	l.Events = append(l.Events, e)
}

// identify finds whose log it is.
func (l *Log) identify(p *parser) error {
	var sids []election.SID
	for sid := range p.sids {
		sids = append(sids, sid)
	}
	slices.SortFunc(sids, func(a, b election.SID) int { return p.sids[a] - p.sids[b] })
	switch len(sids) {
	case 0:
	case 1:
		l.SID = sids[0]
	default:
		return fmt.Errorf("%s:%d: this line is of server %v, line %d of server %v: one file per server, please",
			l.Name, p.sids[sids[1]], sids[1], p.sids[sids[0]], sids[0])
	}
	return nil
}

// server is all files of one server, in their order.
type server struct {
	sid     election.SID
	files   []*Log
	events  []Event
	dialect Dialect
	debug   bool
	kinds   uint // a bit for every kind of line that is there
}

// has tells whether there are lines of a kind. A log can have been searched for some before it came here.
func (s *server) has(k Kind) bool { return s.kinds>>k&1 != 0 }

// servers puts the files of a server together. Where all of a server's files have time stamps those give
// the order; else they stand in the order given.
func servers(files []*Log) ([]*server, error) {
	var list []*server
	for _, f := range files {
		if f.SID == election.NoServer {
			return nil, fmt.Errorf("%s: no line tells which server it is of; say so: SID=%s", f.Name, f.Name)
		}
		i := slices.IndexFunc(list, func(s *server) bool { return s.sid == f.SID })
		if i < 0 {
			i = len(list)
			list = append(list, &server{sid: f.SID})
		}
		list[i].files = append(list[i].files, f)
	}
	slices.SortFunc(list, func(a, b *server) int { return int(a.sid) - int(b.sid) })
	for _, s := range list {
		if !slices.ContainsFunc(s.files, func(f *Log) bool { return f.first == 0 }) {
			slices.SortStableFunc(s.files, func(a, b *Log) int { return int(a.first - b.first) })
		}
		for i, f := range s.files {
			for _, e := range f.Events {
				e.file = i
				s.kinds |= 1 << e.Kind
				s.events = append(s.events, e)
			}
			if s.dialect == NoDialect {
				s.dialect = f.Dialect
			}
			s.debug = s.debug || f.Debug
		}
	}
	return list, nil
}

// Place is a line of a file.
type Place struct {
	File string `json:"file"`
	Line int    `json:"line"`
}

func (p Place) String() string { return fmt.Sprintf("%s:%d", p.File, p.Line) }

func (s *server) place(e *Event) Place { return Place{s.files[e.file].Name, e.Line} }

// Named splits the argument SID=FILE of a log that does not say whose it is.
func Named(arg string) (path string, sid election.SID, named bool) {
	name, path, ok := strings.Cut(arg, "=")
	v, number := number([]byte(name))
	if !ok || !number || v >= uint64(election.NoServer) {
		return arg, election.NoServer, false
	}
	return path, election.SID(v), true
}
