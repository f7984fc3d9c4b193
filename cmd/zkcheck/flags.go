package main

import (
	"errors"
	"strings"

	"github.com/spf13/pflag"
)

// strict makes the flags of a verb refuse what would silently be taken for something else: a flag given
// twice, of which only the last counts; an empty value, as of a script's variable that is not set; and
// numbers that are not decimal, for 010 would be 8.
func strict(flags *pflag.FlagSet) {
	flags.VisitAll(func(f *pflag.Flag) {
		if f.DefValue == "0s" || f.DefValue == "[]" { // help does not see through a strictValue that this is no default
			f.DefValue = ""
		}
		f.Value = &strictValue{Value: f.Value}
	})
}

// strictValue is the value of a flag.
type strictValue struct {
	pflag.Value
	given bool
}

func (v *strictValue) Set(s string) error {
	kind := v.Type()
	switch {
	case v.given && kind != "stringArray":
		return errors.New("it is given twice")
	case s == "":
		return errors.New("it is empty")
	case (kind == "int" || kind == "uint64") && !decimal(s):
		return errors.New("want a decimal number")
	case kind == "duration" && v.Value.Set(s) != nil:
		return errors.New("want a duration, 30s or 5m")
	}
	v.given = true
	return v.Value.Set(s)
}

// decimal tells whether a number is written with digits, none of them a useless 0 in front.
func decimal(s string) bool {
	s = strings.TrimPrefix(s, "-")
	return s == "0" || s != "" && s[0] != '0' && strings.Trim(s, "0123456789") == ""
}
