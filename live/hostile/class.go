package hostile

// Class is how a server takes a case, from good to bad.
type Class uint8

const (
	Survived     Class = iota // it answers as before
	Closed                    // it closed the connection, and answers as before
	Interrupted               // it stopped listening, and listens again
	Reconfigured              // it answers, with a configuration that it was not started with
	Deaf                      // it runs, but answers nobody or no member any more
	Dead                      // the process has ended
)

const classes = int(Dead) + 1

func (c Class) String() string {
	return [...]string{"survived", "closed", "interrupted", "reconfigured", "deaf", "dead"}[c]
}

// Explain is what the class means, in a few words.
func (c Class) Explain() string {
	return [...]string{
		"the message is passed over or handled, and the server answers as before",
		"the server closes that connection, and answers as before",
		"the server leaves its election and its port, and begins anew",
		"the server takes over the configuration that the message brings",
		"the process runs, but takes no part in elections until it is restarted",
		"the process ends",
	}[c]
}

// bad tells whether a server should not do that, whatever it receives.
func (c Class) bad() bool { return c >= Interrupted }
