// Two validators, written by different people in different ways: the JSON Schema of OpenAPI, and Redocly's linter.
import redocly from '@redocly/openapi-core';
import { Validator } from '@seriousme/openapi-schema-validator';
import assert from 'node:assert';

const rules = {
  'no-invalid-media-type-examples': 'error',
  'no-invalid-parameter-examples': 'error',
  'no-invalid-schema-examples': 'error',
  // A service's descriptors do not say these; errors of any status are under `default`.
  'info-license': 'off',
  'no-empty-servers': 'off',
  'operation-4xx-response': 'off',
  'security-defined': 'off',
  'tag-description': 'off',
};

const redoclyConfig = await redocly.createConfig({ extends: ['recommended-strict'], rules });

export async function assertValid(text) {
  const result = await new Validator().validate(JSON.parse(text));
  assert.deepEqual(result.errors ?? [], []);
  assert.equal(result.valid, true);
  const problems = await redocly.lintFromString({ source: text, config: redoclyConfig });
  assert.deepEqual(problems.map(describe), []);
}

function describe({ ruleId, severity, message, location }) {
  return `${severity} ${ruleId} at ${location?.[0]?.pointer}: ${message}`;
}
