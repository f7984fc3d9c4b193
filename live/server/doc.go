// Package server is one real ZooKeeper: found, configured, started, watched, killed.
//
// It answers: is there a ZooKeeper on this machine, and what does it do when it starts with this
// configuration and this disk?
//
// Its one idea is that a server is a directory and a process. [Start] makes the directory from a [Spec] -
// or takes it as the last process left it - and runs the process in it; [WriteDisk] and [ReadDisk]
// are what the model calls a disk. Each harness has a /24 of the loopback network for itself ([Network]), so
// that every server keeps ZooKeeper's own ports and two harnesses never meet.
//
// A process dies with the program that started it, however that one ends: the kernel sees to it.
//
// It never judges a server, never sends it a protocol message, and never talks to anything but
// 127.0.0.0/8.
package server
