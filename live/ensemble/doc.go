// Package ensemble runs an ensemble of real ZooKeeper servers under generated faults, and judges what happened.
//
// It answers: while servers crash, stop, lose each other and come back, is there ever more than one leader of
// an epoch, an election won against the rules, an acknowledged write that is gone, a read that goes back in time, or
// an ensemble that finds no leader any more?
//
// Its one idea is that a run and its judgement meet in a directory only. [Run] draws the faults from a seed before anything
// starts, drives the servers through proxies - one per directed pair, so that any link can be cut - lets clients write
// and read, and writes everything it saw into the report. [Judge] reads the report and nothing else; a report can
// be judged again, by another version, or after it was changed to see whether a judge would notice.
//
// What is judged is what an installation shows anybody: logs of level INFO, mntr, files of epochs, and answers to
// clients. An outcome that nobody can know stays unknown, and a run in which nothing was looked at is no pass.
//
// It never judges a time, except that an ensemble without faults has a leader after a minute; it never repairs a
// server; and it never lets a server talk to anything but 127.0.0.0/8.
package ensemble
