/** What can be chosen, as the settings panel shows it: values of AWS's, and words for them. Pure. */

/** @typedef {readonly (readonly [value: string, words: string])[]} Choices */

/** @type {Record<string, string>} */
export const OPERATIONS = {
  standard: "Standard",
  medical: "Medical",
  "call-analytics": "Call Analytics",
};

/** @type {Choices} */
export const SPECIALTIES = [
  ["PRIMARYCARE", "Primary care"],
  ["CARDIOLOGY", "Cardiology"],
  ["NEUROLOGY", "Neurology"],
  ["ONCOLOGY", "Oncology"],
  ["RADIOLOGY", "Radiology"],
  ["UROLOGY", "Urology"],
];

/** Kinds of personal data: of all streams, and of standard streams only. */
export const PII_TYPES = [
  ...["ADDRESS", "BANK_ACCOUNT_NUMBER", "BANK_ROUTING", "CREDIT_DEBIT_CVV", "CREDIT_DEBIT_EXPIRY"],
  ...["CREDIT_DEBIT_NUMBER", "EMAIL", "NAME", "PHONE", "PIN", "SSN"],
];
export const NEWER_PII_TYPES = [
  ...["AGE", "DATE_TIME", "LICENSE_PLATE", "PASSPORT_NUMBER", "PASSWORD", "USERNAME"],
  "VEHICLE_IDENTIFICATION_NUMBER",
];

/** The settings that each operation has. @type {Record<string, readonly string[]>} */
export const FIELDS = {
  standard: [
    ...["identification", "options", "preferred", "speakers", "channels", "vocabulary", "filter", "filterMethod"],
    ...["pii", "piiTypes", "stability"],
  ],
  medical: ["specialty", "type", "speakers", "channels", "vocabulary", "pii"],
  "call-analytics": [
    ...["agent", "identification", "options", "preferred", "vocabulary", "filter", "filterMethod", "pii"],
    ...["piiTypes", "stability"],
  ],
};

/** Which setting decides on a parameter. @type {Readonly<Record<string, string>>} */
export const FIELD_OF = {
  "language-code": "language",
  "identify-language": "identification",
  "identify-multiple-languages": "identification",
  "language-options": "options",
  "preferred-language": "preferred",
  "show-speaker-label": "speakers",
  "enable-channel-identification": "channels",
  "number-of-channels": "channels",
  "vocabulary-name": "vocabulary",
  "vocabulary-names": "vocabulary",
  "vocabulary-filter-name": "filter",
  "vocabulary-filter-names": "filter",
  "vocabulary-filter-method": "filterMethod",
  "content-identification-type": "pii",
  "content-redaction-type": "pii",
  "pii-entity-types": "piiTypes",
  "enable-partial-results-stabilization": "stability",
  "partial-results-stability": "stability",
  specialty: "specialty",
  type: "type",
};
