package render

// The part of SARIF 2.1.0 that is written (OASIS standard, errata 01; names are
// the schema's). Optional values are left out, never null; lists that the
// standard wants even when empty have no omitempty.

type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool              sarifTool         `json:"tool"`
	Invocations       []sarifInvocation `json:"invocations"`
	BaseIDs           sarifBaseIDs      `json:"originalUriBaseIds"`
	Artifacts         []sarifArtifact   `json:"artifacts,omitempty"`
	Results           []sarifResult     `json:"results"`
	AutomationDetails sarifID           `json:"automationDetails"`
	ColumnKind        string            `json:"columnKind"`
}

// sarifBaseIDs says what URIs are relative to. There is no absolute URI in it: a
// report does not tell where a checkout lies (3.14.14 allows that).
type sarifBaseIDs struct {
	Root struct {
		Description sarifText `json:"description"`
	} `json:"%SRCROOT%"`
}

type sarifID struct {
	ID string `json:"id"`
}

type sarifTool struct {
	Driver sarifDriver `json:"driver"`
}

type sarifDriver struct {
	Name          string            `json:"name"`
	Version       string            `json:"version,omitempty"`
	Information   string            `json:"informationUri"`
	Notifications []sarifDescriptor `json:"notifications"`
	Rules         []sarifDescriptor `json:"rules"`
}

type sarifDescriptor struct {
	ID                   string               `json:"id"`
	Name                 string               `json:"name,omitempty"`
	HelpURI              string               `json:"helpUri,omitempty"`
	ShortDescription     *sarifText           `json:"shortDescription,omitempty"`
	FullDescription      *sarifText           `json:"fullDescription,omitempty"`
	DefaultConfiguration *sarifConfiguration  `json:"defaultConfiguration,omitempty"`
	Help                 *sarifText           `json:"help,omitempty"`
	Properties           *sarifRuleProperties `json:"properties,omitempty"`
}

type sarifText struct {
	Text     string `json:"text"`
	Markdown string `json:"markdown,omitempty"`
}

type sarifConfiguration struct {
	Level string `json:"level"`
}

type sarifRuleProperties struct {
	Precision        string   `json:"precision"`
	SecuritySeverity string   `json:"security-severity"`
	Tags             []string `json:"tags"`
}

type sarifInvocation struct {
	ExecutionSuccessful bool                `json:"executionSuccessful"`
	ExitCode            int                 `json:"exitCode"`
	Notifications       []sarifNotification `json:"toolExecutionNotifications"`
}

type sarifNotification struct {
	Descriptor sarifReference  `json:"descriptor"`
	Level      string          `json:"level"`
	Message    sarifText       `json:"message"`
	Locations  []sarifLocation `json:"locations,omitempty"`
}

type sarifReference struct {
	ID    string `json:"id"`
	Index int    `json:"index"`
}

type sarifArtifact struct {
	Location sarifURI          `json:"location"`
	Length   int64             `json:"length"`
	Hashes   map[string]string `json:"hashes,omitempty"` // "sha-256"
}

type sarifURI struct {
	URI       string `json:"uri"`
	URIBaseID string `json:"uriBaseId"`
}

type sarifResult struct {
	RuleID              string                `json:"ruleId"`
	RuleIndex           *int                  `json:"ruleIndex,omitempty"`
	Level               string                `json:"level"`
	Message             sarifText             `json:"message"`
	Locations           []sarifLocation       `json:"locations"`
	PartialFingerprints sarifFingerprints     `json:"partialFingerprints"`
	Suppressions        []sarifSuppression    `json:"suppressions,omitempty"`
	Properties          sarifResultProperties `json:"properties"`
}

type sarifFingerprints struct {
	ModelAudit string `json:"modelaudit/v1"`
	// GitHub looks at this key only; without it upload-sarif would take the
	// first line of the model file, the same for every finding.
	LineHash string `json:"primaryLocationLineHash"`
}

type sarifSuppression struct {
	Kind          string `json:"kind"`
	Status        string `json:"status"`
	Justification string `json:"justification"`
}

type sarifResultProperties struct {
	Callable string `json:"callable,omitempty"`
	Severity string `json:"severity"`
}

type sarifLocation struct {
	Physical sarifPhysical  `json:"physicalLocation"`
	Logical  []sarifLogical `json:"logicalLocations,omitempty"`
}

type sarifPhysical struct {
	Artifact sarifURI    `json:"artifactLocation"`
	Region   sarifRegion `json:"region"`
}

// A sarifRegion has startLine because GitHub drops a result without one, and
// the byte range when it counts from the start of the file (3.30.9).
type sarifRegion struct {
	StartLine  int    `json:"startLine"`
	ByteOffset *int64 `json:"byteOffset,omitempty"`
	ByteLength *int64 `json:"byteLength,omitempty"`
}

type sarifLogical struct {
	FullyQualifiedName string      `json:"fullyQualifiedName"`
	Kind               string      `json:"kind"`
	Properties         sarifMember `json:"properties"`
}

// A sarifMember is the half-open byte range inside a member.
type sarifMember struct {
	Start int64 `json:"start"`
	End   int64 `json:"end"`
}
