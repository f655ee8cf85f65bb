package api

// registrations is the one list of what the API offers: a line for each noun. A part that the member does
// not run registers nothing.
var registrations = []func(*Server){
	(*Server).registerLedgerCommands,
	(*Server).registerCommandStatus,
	(*Server).registerBlocks,
	(*Server).registerLoans,
	(*Server).registerParties,
	(*Server).registerMandates,
	(*Server).registerCustody,
	(*Server).registerEvidence,
	(*Server).registerConsortium,
	(*Server).registerEvents,
	(*Server).registerSessions,
	(*Server).registerUsers,
	(*Server).registerKeys,
	(*Server).registerAudit,
	(*Server).registerPeople,
	(*Server).registerAuthority,
	(*Server).registerDocuments,
	(*Server).registerKYC,
	(*Server).registerScreening,
	(*Server).registerPseudonyms,
	(*Server).registerPayoutRuns,
	(*Server).registerCredit,
	(*Server).registerMatching,
	(*Server).registerApplications,
	(*Server).registerRisk,
	(*Server).registerWebhooks,
	(*Server).registerNotices,
	(*Server).registerReports,
}
