// Fastify on Node: JSON schemas in and out, SQL on pg, one process a worker.
import cluster from 'node:cluster';
import { randomUUID } from 'node:crypto';
import argon2 from '@node-rs/argon2';
import { createSigner, createVerifier } from 'fast-jwt';
import Fastify from 'fastify';
import { Redis } from 'ioredis';
import pg from 'pg';
import { v7 } from 'uuid';

const { DATABASE_URL, REDIS_URL, JWT_SECRET, PORT, WORKERS } = process.env;
const LIFETIME = 1800;

const COLUMNS =
  'id, name, description, category, price_usd, in_stock, store_manager_id, created_at, updated_at';
const INSERT = `INSERT INTO items_item (${COLUMNS})`;
const CATEGORIES = [
  'Grocery', 'Household', 'Electronics', 'Stationery', 'Personal Care', 'Apparel', 'Home Improvement', 'Pet', null,
];

const writable = {
  name: { type: 'string', minLength: 1, maxLength: 64 },
  description: { type: 'string', maxLength: 10000 },
  category: { type: ['string', 'null'], enum: CATEGORIES },
  price_usd: { type: 'number', minimum: 0, maximum: 99999999.99, multipleOf: 0.01 },
  in_stock: { type: 'boolean' },
};
const itemIn = { type: 'object', additionalProperties: false, required: ['name'], properties: writable };
const itemPatch = { type: 'object', additionalProperties: false, properties: writable };
const text = { type: 'string' };
const itemOut = {
  type: 'object',
  properties: {
    id: text, name: text, description: text, category: { type: ['string', 'null'] }, price_usd: { type: 'number' },
    in_stock: { type: 'boolean' }, store_manager_id: text, created_at: text, updated_at: text,
  },
};
const page = {
  type: 'object',
  properties: { count: { type: 'integer' }, results: { type: 'array', items: itemOut } },
};
const query = {
  type: 'object',
  properties: {
    page: { type: 'integer', minimum: 1, default: 1 },
    page_size: { type: 'integer', minimum: 1, maximum: 100, default: 20 },
    category: { type: 'string' },
    in_stock: { type: 'boolean' },
    price_usd_min: { type: 'number' },
  },
};
const CONDITIONS = { category: 'category =', in_stock: 'in_stock =', price_usd_min: 'price_usd >=' };

async function serve() {
  pg.types.setTypeParser(pg.types.builtins.NUMERIC, Number);
  pg.types.setTypeParser(pg.types.builtins.INT8, Number);
  // As text, since Date has no microseconds; the server's zone is UTC.
  pg.types.setTypeParser(pg.types.builtins.TIMESTAMPTZ, (value) => `${value.replace(' ', 'T').slice(0, -3)}Z`);
  const pool = new pg.Pool({ connectionString: DATABASE_URL, max: 20 });
  const redis = new Redis(REDIS_URL);
  const verify = createVerifier({ key: JWT_SECRET, algorithms: ['HS256'], cache: false });
  const sign = createSigner({ key: JWT_SECRET, algorithm: 'HS256', expiresIn: LIFETIME * 1000 });
  const app = Fastify({ ajv: { customOptions: { multipleOfPrecision: 6 } } });

  app.post('/api/v1/users/login', async (request, reply) => {
    const { rows } = await pool.query({
      name: 'login',
      text: 'SELECT u.id, u.password, s.id AS store FROM accounts_user u LEFT JOIN stores_storemanager s'
        + ' ON s.user_id = u.id WHERE u.email_key = $1',
      values: [request.body.email.toLowerCase()],
    });
    if (!rows.length || !(await argon2.verify(rows[0].password.replace(/^argon2/, ''), request.body.password))) {
      return reply.code(401).send({ detail: 'Incorrect email or password' });
    }
    const { id, store } = rows[0];
    const token = sign({ sub: String(id), store, jti: randomUUID() });
    return { access_token: token, token_type: 'bearer', expires_in: LIFETIME };
  });

  app.register(async (api) => {
    api.decorateRequest('claims', null);
    api.addHook('onRequest', async (request, reply) => {
      try {
        request.claims = verify((request.headers.authorization ?? '').replace(/^Bearer /i, ''));
      } catch {
        return reply.code(401).send({ detail: 'Invalid or expired token' });
      }
      if (await redis.get(`revoked:${request.claims.jti}`)) {
        return reply.code(401).send({ detail: 'Invalid or expired token' });
      }
    });

    api.get('/items', { schema: { querystring: query, response: { 200: page } } }, async (request) => {
      const given = Object.keys(CONDITIONS).filter((name) => request.query[name] !== undefined);
      const where = given.map((name, at) => `${CONDITIONS[name]} $${at + 1}`).join(' AND ') || 'true';
      const values = given.map((name) => request.query[name]);
      const { page: number, page_size: size } = request.query;
      const list = `SELECT ${COLUMNS} FROM items_item WHERE ${where} ORDER BY id DESC`
        + ` LIMIT $${given.length + 1} OFFSET $${given.length + 2}`;
      const [counted, found] = await Promise.all([
        pool.query({ name: `count ${where}`, text: `SELECT count(*) FROM items_item WHERE ${where}`, values }),
        pool.query({ name: `list ${where}`, text: list, values: [...values, size, (number - 1) * size] }),
      ]);
      return { count: counted.rows[0].count, results: found.rows };
    });

    api.get('/items/:id', { schema: { response: { 200: itemOut } } }, async (request, reply) => {
      const { rows } = await pool.query({
        name: 'get', text: `SELECT ${COLUMNS} FROM items_item WHERE id = $1`, values: [request.params.id],
      });
      return rows[0] ?? reply.code(404).send({ detail: 'Item not found' });
    });

    api.post('/items', { schema: { body: itemIn, response: { 201: itemOut } } }, async (request, reply) => {
      const now = new Date();
      const { name, description = '', category = null, price_usd = 0, in_stock = true } = request.body;
      const { rows } = await pool.query({
        name: 'create',
        text: `${INSERT} VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) RETURNING ${COLUMNS}`,
        values: [v7(), name, description, category, price_usd, in_stock, request.claims.store, now],
      });
      return reply.code(201).send(rows[0]);
    });

    const many = { body: { type: 'array', items: itemIn }, response: { 201: { type: 'array', items: itemOut } } };
    api.post('/items/bulk', { schema: many }, async (request, reply) => {
      const rows = request.body;
      const result = await pool.query({
        name: 'bulk',
        text: `${INSERT} SELECT *, $7::uuid, $8::timestamptz, $8::timestamptz FROM unnest($1::uuid[], $2::text[],`
          + ` $3::text[], $4::text[], $5::numeric[], $6::bool[]) RETURNING ${COLUMNS}`,
        values: [
          rows.map(() => v7()), rows.map((row) => row.name), rows.map((row) => row.description ?? ''),
          rows.map((row) => row.category ?? null), rows.map((row) => row.price_usd ?? 0),
          rows.map((row) => row.in_stock ?? true), request.claims.store, new Date(),
        ],
      });
      return reply.code(201).send(result.rows);
    });

    api.patch('/items/:id', { schema: { body: itemPatch, response: { 200: itemOut } } }, async (request, reply) => {
      const names = Object.keys(request.body);
      const assignments = names.map((name, at) => `${name} = $${at + 3}, `).join('');
      const { rows } = await pool.query({
        name: `patch ${names}`,
        text: `UPDATE items_item SET ${assignments}updated_at = $2 WHERE id = $1 RETURNING ${COLUMNS}`,
        values: [request.params.id, new Date(), ...Object.values(request.body)],
      });
      return rows[0] ?? reply.code(404).send({ detail: 'Item not found' });
    });
  }, { prefix: '/api/v1' });

  await app.listen({ host: '127.0.0.1', port: Number(PORT) });
}

if (cluster.isPrimary) {
  for (let at = 0; at < Number(WORKERS); at += 1) cluster.fork();
} else {
  await serve();
}
