package props_test

import (
	"testing"

	"github.com/zkcheck/zkcheck/props"
)

// lessonSteps are the shortest ways to the lessons in their own clusters.
var lessonSteps = map[string]int{
	"two-leading-one-round":  9,
	"not-maximum-of-all":     5,
	"not-maximum-of-quorum":  20,
	"unrecoverable-disk":     11,
	"refuses-serving-leader": 17,
	"one-serving-leader":     25,
	"acks-stay-true":         69,
}

// TestLessons: what is known not to be true is found not to be true, in the cluster that comes with it.
func TestLessons(t *testing.T) {
	for _, lesson := range props.Lessons() {
		t.Run(lesson.Name, func(t *testing.T) {
			if lesson.Check == nil {
				t.Fatal("a lesson is about a step")
			}
			cfg := config(t, lesson.Cluster, "", lesson.Limits, nil)
			cfg.Ensemble.Fine = lesson.Fine
			if lesson.Way != "" {
				cfg.Track = lesson.Track
				r := newRun(t, cfg, []props.Property{lesson.Property})
				var v *props.Violation
				for _, a := range lesson.Actions() {
					r.enabled = r.system.Actions(&r.now, r.enabled[:0])
					if v != nil || !contains(r.enabled, a) {
						t.Fatalf("after %v: %v, and %v is to come", r.trace, v, a)
					}
					v = r.step(a)
				}
				if v == nil || len(r.trace) != lessonSteps[lesson.Name] {
					t.Errorf("its way of %d steps leads to %v", len(r.trace), v)
				}
				return
			}
			report := searchUpTo(t, cfg, lesson.Property, 1<<21)
			if len(report.Violations) == 0 {
				t.Fatalf("not found in %d states (%s)", report.Distinct, report.Stopped)
			}
			trace := report.Violations[0].Trace
			t.Logf("%d states, %d steps: %v", report.Distinct, len(trace), trace)
			if want := lessonSteps[lesson.Name]; len(trace) != want {
				t.Errorf("the shortest way is %d steps, golden are %d: %v", len(trace), want, trace)
			}
		})
	}
}

// TestLessonsAreNotChecked: a lesson never fails a check that did not ask for it.
func TestLessonsAreNotChecked(t *testing.T) {
	for _, p := range props.All() {
		if p.Kind == props.Lesson {
			t.Errorf("lesson %s is among the properties that must hold", p.Name)
		}
	}
}
