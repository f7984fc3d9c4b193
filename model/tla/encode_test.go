package tla

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// pack is Pack of what must fit.
func pack(y *System, servers []Server) *State {
	s, err := y.Pack(servers)
	if err != nil {
		panic(err)
	}
	return &s
}

// dirty is a state that nobody has cleaned up.
func dirty() *State {
	var s State
	for i := range s.word {
		s.word[i] = ^uint64(0)
	}
	s.cut = 99
	return &s
}

func TestDecodeIsTheInverseOfEncode(t *testing.T) {
	texts := map[string]string{}
	for _, c := range configurations {
		eachStep(t, c, 30, func(y *System, s *State) {
			encoded := y.Encode(s, nil)
			decoded, copied := dirty(), dirty()
			y.Decode(decoded, encoded)
			y.Copy(copied, s)
			for _, other := range []*State{decoded, copied, pack(y, y.View(s))} {
				if !bytes.Equal(y.Encode(other, nil), encoded) || !reflect.DeepEqual(y.View(other), y.View(s)) {
					t.Fatalf("%v: %v is not %v", c, y.View(other), y.View(s))
				}
			}
			if again := y.ViewTo(y.View(&y.Init()[0]), s); fmt.Sprint(again) != fmt.Sprint(y.View(s)) {
				t.Fatalf("%v: in the memory of another view it is %v, want %v", c, again, y.View(s))
			}
			// Equal states are equal bytes, and the other way round.
			text := fmt.Sprint(c, y.View(s))
			if before, ok := texts[text]; ok && before != string(encoded) {
				t.Fatalf("%v: two encodings of %s", c, text)
			}
			texts[text] = string(encoded)
		})
	}
}

func TestPackRefusesWhatHasNoRoom(t *testing.T) {
	y := mustSystem(t, Config{Servers: 3, MaxClock: 1, MaxSum: 3, MaxRecv: 2, MaxChan: 1})
	some := Vote{Leader: 1}
	for what, change := range map[string]func(x []Server) []Server{
		"servers":    func(x []Server) []Server { return x[:2] },
		"round 2":    func(x []Server) []Server { x[1].Round = 2; return x },
		"s4":         func(x []Server) []Server { x[1].ReceiveVotes[0] = Vote{Leader: 4}; return x },
		"2 messages": func(x []Server) []Server { x[1].In[0] = []Message{{1, some}, {1, some}}; return x },
		"3 messages": func(x []Server) []Server { x[1].Queue = []Message{{1, some}, {1, some}, {3, some}}; return x },
		"of s2":      func(x []Server) []Server { x[1].Queue = []Message{{2, some}}; return x },
		"of s9":      func(x []Server) []Server { x[1].Queue = []Message{{9, some}}; return x },
	} {
		if _, err := y.Pack(change(y.View(&y.Init()[0]))); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestEveryFieldIsEncoded changes every field of what is seen of a state, and wants other bytes.
func TestEveryFieldIsEncoded(t *testing.T) {
	for _, c := range configurations {
		eachStep(t, c, 15, func(y *System, s *State) {
			encoded := y.Encode(s, nil)
			p := &perturber{t: t, y: y, servers: y.View(s)}
			p.changed = func(path string) {
				changed := pack(y, p.servers)
				if bytes.Equal(y.Encode(changed, nil), encoded) {
					t.Fatalf("%v: %s is not encoded", c, path)
				}
				if got := y.View(changed); !reflect.DeepEqual(got, p.servers) {
					t.Fatalf("%v: %s: %v is read as %v", c, path, p.servers, got)
				}
			}
			for p.at = range p.servers {
				p.value(reflect.ValueOf(&p.servers[p.at]).Elem(), fmt.Sprintf("s%d", p.at+1))
			}
		})
	}
}

type perturber struct {
	t       *testing.T
	y       *System
	servers []Server
	at      int // the server that is changed
	changed func(path string)
}

// value changes a value in place, and every part of it, and back.
func (p *perturber) value(v reflect.Value, path string) {
	switch v.Kind() {
	case reflect.Struct:
		if v.Interface() == any(Message{}) {
			return // the mark of a time-out has no parts
		}
		for i := range v.NumField() {
			p.field(v.Field(i), v.Type().Field(i).Name, path+"."+v.Type().Field(i).Name)
		}
	case reflect.Slice:
		for i := range v.Len() {
			if i == p.at && v.Type() == reflect.TypeFor[[]Vote]() {
				continue // a server has no vote of its own in a table
			}
			p.value(v.Index(i), fmt.Sprintf("%s[%d]", path, i))
		}
		if n := v.Len(); n > 0 && v.Type() == reflect.TypeFor[[]Message]() {
			before := reflect.ValueOf(v.Interface())
			v.Set(v.Slice(0, n-1))
			if n == 1 {
				v.SetZero()
			}
			p.changed(path)
			v.Set(before)
		}
	case reflect.Bool:
		v.SetBool(!v.Bool())
		p.changed(path)
		v.SetBool(!v.Bool())
	default:
		p.t.Fatalf("%s: nobody knows how to change it", path)
	}
}

// field changes a field that is a number to another one that it can be; others by their kind.
func (p *perturber) field(v reflect.Value, name, path string) {
	set := func(n int) {
		before := reflect.New(v.Type()).Elem()
		before.Set(v)
		if v.CanInt() {
			v.SetInt(int64(n))
		} else {
			v.SetUint(uint64(n))
		}
		if !v.Equal(before) {
			p.changed(path)
		}
		v.Set(before)
	}
	switch name {
	case "Leader":
		set(int(v.Int())%p.y.servers + 1)
	case "Round":
		set((int(v.Int()) + 1) % (p.y.config.MaxClock + 1))
	case "State":
		set((int(v.Uint()) + 1) % 3)
	case "From": // of a channel it is where the message stands; of a recvQueue there may be others
		if sender := int(v.Int()); sender > 0 && len(p.servers) > 2 && p.queued(v) {
			next := sender%p.y.servers + 1
			if next == p.at+1 {
				next = next%p.y.servers + 1
			}
			set(next)
		}
	default:
		p.value(v, path)
	}
}

// queued tells whether a field is one of a message of the server's recvQueue.
func (p *perturber) queued(v reflect.Value) bool {
	for i := range p.servers[p.at].Queue {
		if v.Addr().Interface() == any(&p.servers[p.at].Queue[i].From) {
			return true
		}
	}
	return false
}

func TestStepsAllocateNothing(t *testing.T) {
	y := mustSystem(t, rows[1].config)
	start := y.Init()[0]
	s := start
	var next State
	var encoded []byte
	var actions []Action
	step := func() {
		for range 200 {
			if actions = y.Actions(&s, actions[:0]); len(actions) == 0 {
				y.Copy(&s, &start)
				continue
			}
			y.Copy(&next, &s)
			y.Apply(&next, actions[len(actions)-1])
			encoded = y.Encode(&next, encoded[:0])
			y.Decode(&s, encoded)
		}
	}
	if n := testing.AllocsPerRun(3, step); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
