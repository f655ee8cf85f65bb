package evidence

// What a program anchors under PhaseDecision, each kind by its own media type, so that an auditor who holds a
// member's decisions on credit can tell which entries are decisions, and which are none.
const (
	DecisionMedia    = "application/vnd.tallystick.decision+json"     // a program's decision on credit
	ReviewMedia      = "application/vnd.tallystick.review+json"       // a person's judgement of one
	MatchingRunMedia = "application/vnd.tallystick.matching-run+json" // the record of a matching run
)
